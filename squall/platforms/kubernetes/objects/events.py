"""Kubernetes events as notes of the timeline: warnings, and the kubelet's own killing. Pure."""

from squall.platforms.kubernetes.api.client import Object
from squall.record.event import Noted

TOLD = {"Killing"}
LONGEST = 200


def note(t: float, kind: str, said: Object, service: str) -> Noted | None:
    """Return the note, or None for what is everyday. Its moment is that of its arrival: the event's own is coarse."""
    if kind == "DELETED" or (said.get("type") != "Warning" and said.get("reason") not in TOLD):
        return None
    about = said.get("involvedObject") or {}
    text = f"{said.get('reason')} {about.get('name')}: {said.get('message') or ''}"
    return Noted(t, service, text=" ".join(text.split())[:LONGEST])
