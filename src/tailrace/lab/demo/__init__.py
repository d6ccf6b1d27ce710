"""The demonstration: a shop, its capture, a kill in the middle, and the proof that nothing was lost or doubled."""

from tailrace.lab.demo.connector import Life
from tailrace.lab.demo.play import PROOF, Proof, Scene, play
from tailrace.lab.demo.tail import Counts, Seen

__all__ = ["PROOF", "Counts", "Life", "Proof", "Scene", "Seen", "play"]
