"""The demonstration: a shop, its capture, a kill in the middle, and the proof that nothing was lost or doubled."""

from tailrace.lab.demo.play import Proof, Scene, play
from tailrace.lab.demo.tail import Counts, Seen

__all__ = ["Counts", "Proof", "Scene", "Seen", "play"]
