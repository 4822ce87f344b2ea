"""The gate: whether a change may go on, by a policy, of runs that are judged already. It judges and runs nothing."""
