"""The vocabulary: what the sentences of a feature file mean. One module for each kind of sentence."""
