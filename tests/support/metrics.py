"""What `/metrics` says, as values."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Scrape:
    """The samples of one moment."""

    samples: dict[tuple[str, Labels], float]

    @classmethod
    def of(cls, url: str) -> Scrape:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return cls.read(answer.read().decode())

    @classmethod
    def read(cls, text: str) -> Scrape:
        """Fails where a series is there twice."""
        samples: dict[tuple[str, Labels], float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = sample.name, frozenset(sample.labels.items())
                assert key not in samples, f"{key} is there twice"
                samples[key] = sample.value
        return cls(samples)

    def all(self, name: str, /, **labels: str) -> list[float]:
        """Of each sample of this name that has these labels, and perhaps others."""
        wanted = set(labels.items())
        return [value for (known, given), value in self.samples.items() if known == name and wanted <= given]

    def __call__(self, name: str, /, **labels: str) -> float | None:
        """Of the one sample; None: there is none."""
        found = self.all(name, **labels)
        assert len(found) <= 1, f"{name} {labels} is there {len(found)} times"
        return found[0] if found else None

    def label(self, name: str, label: str) -> str:
        """Of the one sample of this name."""
        (found,) = (dict(given)[label] for known, given in self.samples if known == name)
        return found
