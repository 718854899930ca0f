"""Lines over time as SVG, by hand: panels one above the other with a common axis of seconds, and what happened when."""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape

WIDTH, PANEL, LEFT, RIGHT, TOP, GAP = 760, 170, 64, 16, 44, 46
COLOURS = ("#1f6feb", "#d1572c", "#2da44e", "#8250df")


@dataclass
class panel:
    """One scale: `lines` by name, each of (second, value). A logarithmic one shows values from 0.1 up."""

    title: str
    lines: dict[str, list[tuple[float, float]]]
    logarithmic: bool = False
    marks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        values = [value for line in self.lines.values() for _, value in line] or [1.0]
        if self.logarithmic:
            low = math.floor(math.log10(max(0.1, min(values))))
            self.low, self.high = float(low), float(max(low + 1, math.ceil(math.log10(max(0.1, *values)))))
            self.marks = [10.0**n for n in range(int(self.low), int(self.high) + 1)]
        else:
            step = 10 ** math.floor(math.log10(max(1.0, max(values))))
            step = next(step * part for part in (0.25, 0.5, 1, 2.5) if max(values) <= 4 * step * part)
            self.low, self.high = 0.0, step * max(1, math.ceil(max(values) / step))
            self.marks = [step * n for n in range(round(self.high / step) + 1)]

    def height(self, value: float) -> float:
        """0 at the bottom, 1 at the top."""
        at = math.log10(max(0.1, value)) if self.logarithmic else value
        return (at - self.low) / (self.high - self.low)


def shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"


def text(x: float, y: float, what: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(what)}</text>'


def draw_panel(each: panel, top: float, seconds: float, events: list[tuple[float, str]]) -> list[str]:
    def x(second: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * second / seconds

    def y(value: float) -> float:
        return top + PANEL * (1 - each.height(value))

    parts = [text(LEFT, top - 8, each.title, 'font-weight="bold"')]
    for mark in each.marks:
        parts.append(f'<path d="M{LEFT} {y(mark):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(text(LEFT - 6, y(mark) + 4, shown(mark), 'text-anchor="end"'))
    step = max(1, round(seconds / 10))
    for second in range(0, math.floor(seconds) + 1, step):
        parts.append(text(x(second), top + PANEL + 14, f"{second} s", 'text-anchor="middle" fill="#666"'))
    for second, what in events:
        parts.append(f'<path d="M{x(second):.1f} {top}v{PANEL}" stroke="#999" stroke-dasharray="4 3"/>')
        parts.append(text(x(second) + 3, top + 11, what, 'fill="#666"'))
    place = WIDTH - RIGHT
    for (name, line), colour in reversed(list(zip(each.lines.items(), COLOURS))):
        points = " ".join(f"{x(second):.1f},{y(value):.1f}" for second, value in line)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        parts.append(text(place, top - 8, name, f'text-anchor="end" fill="{colour}"'))
        place -= 7 * len(name) + 14
    return parts


def svg(title: str, panels: list[panel], seconds: float, events: list[tuple[float, str]]) -> str:
    height = TOP + len(panels) * (PANEL + GAP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
             f'font-size="11">', f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             text(LEFT, 18, title, 'font-size="14"')]
    for number, each in enumerate(panels):
        parts += draw_panel(each, TOP + number * (PANEL + GAP), seconds, events)
    return "\n".join([*parts, "</svg>", ""])
