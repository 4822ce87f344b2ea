"""What a Secret of a run's keeps of a password: the keys of both values, which are read where they are used."""

OLD, NEW = "old", "new"
