"""Undoing what was done in a store, from any process. To be imported wherever undo logs are replayed."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from squall.errors import HarnessFailed, Misuse, NotUndone
from squall.platforms.stores.connection import StoreGone
from squall.platforms.stores.endpoint import StoreEndpoint
from squall.platforms.stores.worker_client import WorkerClient, living_worker
from squall.safety.undo_log import undoes

KIND = "store"


@undoes(KIND)
def take_back(args: Mapping[str, Any]) -> str:
    """Have a worker undo it, and read that it is over: the run's own while it lives, else a new one."""
    endpoint, run = StoreEndpoint.model_validate(args["door"]), str(args["run"])
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
