"""Sentences whose harm is made of others: each row of the table below is a harm, in the words of its own sentence."""

from collections.abc import Sequence

from squall.faults.in_turn import InTurn
from squall.faults.overlapping import Overlapping
from squall.faults.together import Together
from squall.steps.rows import Row, RowProblem, harm
from squall.steps.sentence import sentence
from squall.units import seconds

HARM = 'a pod of "api" crashes'


@sentence("when", "these happen together:", table=[HARM])
def these_happen_together(rows: Sequence[Row]) -> Together:
    """Begin all of them at the same moment."""
    return Together(tuple(harm(row) for row in rows))


@sentence("when", "these happen one after another, {apart:Duration} apart:", table=[HARM])
def these_happen_one_after_another(apart: str, rows: Sequence[Row]) -> InTurn:
    """Begin each of them when the one before is over and the pause has passed."""
    return InTurn(tuple(harm(row) for row in rows), seconds(apart))


@sentence("when", "these happen, each at its time:", table=["0s", HARM])
def these_happen_each_at_its_time(rows: Sequence[Row]) -> Overlapping:
    """Begin each of them so long after the first, whether or not others are still active."""
    return Overlapping(tuple(harm(row) for row in rows), tuple(_time(row) for row in rows))


def _time(row: Row) -> float:
    try:
        return seconds(row.cells[0])
    except ValueError as error:
        raise RowProblem(row, str(error)) from error
