"""Undoing what journals say is still open, each entry on its own: none that fails keeps another from being undone."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from squall.agent.harms.contract import Harm
from squall.agent.service.journal import Journal, abandoned
from squall.agent.wire import Message

Entry = tuple[str, Message]


class Attempt(NamedTuple):
    """Whether what an entry says is undone, and what was read back, or why it is not."""

    undone: bool
    said: str


def undo_open(journal: Journal, harms: Mapping[str, Harm]) -> list[Attempt]:
    """Undo what is open in a journal, the latest first, and note it there. Raises nothing."""
    try:
        entries = journal.open_entries()
    except OSError as error:
        return [Attempt(False, f"not undone: {journal.path.name} cannot be read: {error}")]
    return [undo_entry(journal, seq, entry, harms) for seq, entry in entries.items()]


def undo_entry(journal: Journal, seq: int, entry: Entry, harms: Mapping[str, Harm]) -> Attempt:
    """Undo one entry and note it in the journal. Raises nothing."""
    tried = _undo(*entry, harms)
    if not tried.undone:
        return tried
    # Who asks for the harm is told that it was not done to its end, and who asks for its end that it came before.
    over = {"refused": f"the agent ended while it did this; {tried.said}", "released": tried.said}
    if problem := note(journal, seq, over):
        # It stays open in the journal and is undone once more, which changes nothing.
        return Attempt(True, f"{tried.said} ({problem})")
    return tried


def note(journal: Journal, seq: int, answer: Message) -> str:
    """Close an entry; say why that could not be written down, or nothing."""
    try:
        journal.close(seq, answer)
    except OSError as error:
        return f"not noted: {error}"
    return ""


def recover(folder: Path, own: Path, harms: Mapping[str, Harm]) -> list[str]:
    """Undo what dead agents left on this node, and remove those journals of other runs of which nothing is left."""
    said = []
    for journal in abandoned(folder, own):
        if isinstance(journal, str):
            said.append(journal)
            continue
        if unreadable := journal.unreadable():
            said.append(f"{journal.path.name}: {unreadable} lines cannot be read, what they say is not undone")
        tried = undo_open(journal, harms)
        said += [each.said for each in tried]
        journal.end(remove=all(each.undone for each in tried))
    return said


def _undo(do: str, entry: Message, harms: Mapping[str, Harm]) -> Attempt:
    if do not in harms:
        # Another version of the agent wrote it, and undoes it.
        return Attempt(False, f"not undone: this version of the agent has no order {do}")
    try:
        return Attempt(True, harms[do].undo(entry))
    except Exception as error:  # noqa: BLE001 - an entry that makes no sense is no reason to leave the next one
        return Attempt(False, f"not undone: {do}: {type(error).__name__}: {error}")
