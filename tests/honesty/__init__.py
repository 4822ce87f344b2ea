"""Whether the ranges that squall states are honest: known truths are sampled, and the figures held against them."""
