"""Undoing what was done in a store, from any process. To be imported wherever undo logs are replayed."""

from collections.abc import Mapping
from contextlib import closing
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from squall.errors import HarnessFailed, Misuse, NotUndone
from squall.platforms.kubeconfig import own_kubeconfig, refuse_foreign_kubeconfig
from squall.platforms.stores.connection import StoreGone
from squall.platforms.stores.endpoint import ENDPOINT_KEYS, Forwarded, StoreEndpoint, sent_endpoint
from squall.platforms.stores.worker_client import WorkerClient, living_worker
from squall.safety.arguments import Arguments, Name, RunName, below_temporary
from squall.safety.undo_log import undoes
from squall.system.system import systems_here

KIND = "store"


def _of_this_user(endpoint: StoreEndpoint) -> StoreEndpoint:
    place = endpoint.place
    if isinstance(place, Forwarded):
        own_kubeconfig(place.kubeconfig)
    elif place.folder:
        below_temporary(place.folder)
    return endpoint


OwnEndpoint = Annotated[StoreEndpoint, AfterValidator(_of_this_user)]


def refuse_foreign_store(endpoint: StoreEndpoint) -> None:
    """Raise ValueError for a store that would be sent what no system file of this project says that it is sent."""
    place = endpoint.place
    if isinstance(place, Forwarded):
        refuse_foreign_kubeconfig(place.kubeconfig)
    logins = [each for each in (endpoint.login, endpoint.application) if each is not None]
    if any(each.variable for each in logins) and not any(map(endpoint.is_said_by, systems_here())):
        raise ValueError(f"no scenarios/*/system.yaml here sends the password of {endpoint.service} there")


class StoreArguments(Arguments):
    """A store, and what is undone in it."""

    endpoint: OwnEndpoint = Field(validation_alias=ENDPOINT_KEYS)
    run: RunName
    harm: Name
    before: Mapping[str, Any]

    def refuse_foreign(self) -> None:
        """Send nothing to another store than those of this project."""
        refuse_foreign_store(self.endpoint)


@undoes(KIND, StoreArguments)
def take_back(args: Mapping[str, Any]) -> str:
    """Have a worker undo it, and read that it is over: the run's own while it lives, else a new one."""
    endpoint, run = StoreEndpoint.model_validate(sent_endpoint(args)), str(args["run"])
    order = {"harm": args["harm"], "before": args["before"]}
    try:
        if (own := living_worker(endpoint, run)) is not None:
            try:
                return str(own.ask("undo", **order)["proof"])
            except HarnessFailed:
                # It hangs or has ended: what it held is found by the run's name.
                own.close()
        with closing(WorkerClient(endpoint, run)) as one:
            return str(one.ask("undo", **order)["proof"])
    except StoreGone as error:
        return f"{error}, and what was held there with it"
    except (HarnessFailed, Misuse) as error:
        raise NotUndone(f"undoing {args['harm']} in {endpoint.service}: {error}") from error
