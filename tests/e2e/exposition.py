"""The text of /metrics, taken apart; and which metrics and labels an expression of PromQL speaks of."""
import re
from dataclasses import dataclass, field

LINE = re.compile(r'(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
SUFFIXES = ("_bucket", "_sum", "_count")


@dataclass
class exposition:
    """Types by metric, and every sample: (name, labels, value)."""
    types: dict[str, str] = field(default_factory=dict)
    samples: list[tuple[str, dict[str, str], float]] = field(default_factory=list)

    def total(self, name: str, /, **labels: str) -> float:
        return sum(value for found, of, value in self.samples
                   if found == name and all(of.get(k) == v for k, v in labels.items()))

    def tells(self, name: str, /, **labels: str) -> bool:
        return any(found == name and all(of.get(k) == v for k, v in labels.items())
                   for found, of, _ in self.samples)

    def labels_of(self, metric: str) -> set[str]:
        """Without the one that a histogram has for itself."""
        return {label for name, of, _ in self.samples if self.metric_of(name) == metric for label in of} - {"le"}

    def metric_of(self, name: str) -> str:
        for suffix in SUFFIXES:
            if name.endswith(suffix) and self.types.get(name.removesuffix(suffix)) == "histogram":
                return name.removesuffix(suffix)
        return name


def parse(text: str) -> exposition:
    found = exposition()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            found.types[name] = kind
        elif not line.startswith("#"):
            match = LINE.fullmatch(line)
            if match is None:
                raise ValueError(f"no line of the format: {line}")
            found.samples.append((match["name"], dict(LABEL.findall(match["labels"] or "")), float(match["value"])))
    return found


WORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}
GROUPS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\(|[\w:])")


def spoken_of(expression: str) -> tuple[dict[str, set[str]], set[str]]:
    """The series of an expression with the labels that it selects by, and the labels that it groups by."""
    grouped = {label.strip() for _, labels in GROUPS.findall(expression) for label in labels.split(",")} - {""}
    rest = re.sub(r"\[[^\]]*\]", "", GROUPS.sub(" ", expression))
    rest = re.sub(r"\boffset\s+\S+", "", rest)
    series: dict[str, set[str]] = {}
    for name, braces in SELECTOR.findall(rest):
        if name in WORDS or re.fullmatch(r"e\d+|inf|nan", name, re.I):
            continue
        matchers = re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', braces)
        series.setdefault(name, set()).update(matchers)
    return series, grouped
