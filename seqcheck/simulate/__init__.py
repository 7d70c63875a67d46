"""The simulator: a ring model and path faults, written as a capture with its truth. docs/simulate.md is the manual.

load(path)          a scenario file -> Scenario
simulate(scenario)  -> Simulated
write(made, stream) the capture
truth(made)         what a receiver has to find, from the model alone
"""

from seqcheck.simulate.run import Simulated, simulate, write
from seqcheck.simulate.scenario import Scenario
from seqcheck.simulate.scenario_file import load, parse
from seqcheck.simulate.truth_file import truth

__all__ = ["Scenario", "Simulated", "load", "parse", "simulate", "truth", "write"]
