"""Whether two descriptions are of one edition, why, and what groups follow; pure, the union and its commands enter."""

from services.catalog.matching.comparison import Comparison, Evidence, Verdict, compare
from services.catalog.matching.keys import keys_of
from services.catalog.matching.partition import Pair, Pins, partition
from services.catalog.matching.weights import Weights, shipped

__all__ = ["Comparison", "Evidence", "Pair", "Pins", "Verdict", "Weights", "compare", "keys_of", "partition", "shipped"]
