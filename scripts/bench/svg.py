"""Plots as SVG, without a library: bars lying on their side, and lines."""
import math
from html import escape

COLOURS = ['#1f5fa8', '#d0762b', '#5b8c3e', '#8a5aa8']
INK, GRID = '#333333', '#dddddd'
FONT = 'font-family="Helvetica, Arial, sans-serif"'


def short(value):
    """A number as people write it."""
    if value >= 100 or value == int(value):
        return format(round(value), ',d')
    return '%.1f' % value if value >= 1 else '%.2g' % value


def text(x, y, words, anchor='start', size=12, colour=INK, extra=''):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d" fill="%s" %s %s>%s</text>' % (
        x, y, anchor, size, colour, FONT, extra, escape(str(words)))


def page(width, height, title, parts):
    return '\n'.join([
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">' % (
            width, height, width, height),
        '<title>%s</title>' % escape(title), '<rect width="100%" height="100%" fill="#ffffff"/>',
        text(16, 26, title, size=15, extra='font-weight="bold"'), *parts, '</svg>', ''])


def legend(series, y, x=16):
    parts = []
    for index, name in enumerate(series):
        parts += ['<rect x="%d" y="%d" width="12" height="12" fill="%s"/>' % (x, y - 10, COLOURS[index]),
                  text(x + 18, y, name)]
        x += 36 + 7 * len(name)
    return parts


def bars(title, series, groups):
    """Groups are (label, {series: (value, words beside the bar)}); all bars have one linear scale."""
    width, left, right, bar = 760, 370, 80, 15
    greatest = max([value for _, row in groups for value, _ in row.values()] or [1]) or 1
    parts, y = legend(series, 50), 70
    for label, row in groups:
        height = bar * len(row)
        parts.append(text(left - 10, y + height / 2 + 4, label, 'end'))
        for name, (value, words) in row.items():
            long = max(1, (width - left - right) * value / greatest)
            parts += ['<rect x="%d" y="%.1f" width="%.1f" height="%d" fill="%s"/>' % (
                left, y, long, bar - 3, COLOURS[series.index(name)]), text(left + long + 6, y + 10, words, size=11)]
            y += bar
        y += 10
    return page(width, y + 10, title, parts)


def ticks(low, high, logarithmic):
    if logarithmic:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        found = [m * 10 ** e for e in range(first, last + 1) for m in (1, 2, 5)]
    else:
        step = 10 ** math.floor(math.log10((high - low) or 1))
        while (high - low) / step < 4:
            step /= 2
        found = [step * k for k in range(math.floor(low / step), math.ceil(high / step) + 1)]
    return [value for value in found if low * 0.999 <= value <= high * 1.001]


def lines(title, x_label, y_label, series, logarithmic=False, y_range=None, dots=True):
    """`series` is {name: [(x, y), …]}."""
    width, height, left, right, top, bottom = 760, 380, 64, 24, 66, 48
    points = [point for each in series.values() for point in each]
    if not points:
        return page(width, 80, title, [text(16, 54, 'nothing measured')])
    x_low, x_high = min(x for x, _ in points), max(x for x, _ in points)
    if logarithmic:
        x_low, x_high = max(x_low, 1) / 1.1, max(x_high, 2) * 1.1
    else:
        x_low = min(0, x_low)
    x_high = x_high if x_high > x_low else x_low + 1
    y_low, y_high = y_range or (0, max(max(y for _, y in points) * 1.05, 1e-6))

    def across(x):
        share = math.log(x / x_low) / math.log(x_high / x_low) if logarithmic else (x - x_low) / (x_high - x_low)
        return left + (width - left - right) * share

    def down(y):
        return height - bottom - (height - top - bottom) * (min(max(y, y_low), y_high) - y_low) / (y_high - y_low)

    parts = legend(list(series), 50)
    for value in ticks(x_low, x_high, logarithmic):
        parts += ['<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="%s"/>' % (
            across(value), across(value), top, height - bottom, GRID),
            text(across(value), height - bottom + 16, short(value), 'middle', 11)]
    for value in ticks(y_low, y_high, False):
        parts += ['<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="%s"/>' % (
            left, width - right, down(value), down(value), GRID),
            text(left - 8, down(value) + 4, short(value), 'end', 11)]
    sideways = 'transform="translate(16 %d) rotate(-90)"' % ((top + height - bottom) / 2)
    parts += [text((left + width - right) / 2, height - 10, x_label, 'middle'),
              text(0, 0, y_label, 'middle', extra=sideways)]
    for index, each in enumerate(series.values()):
        path = ' '.join('%.1f,%.1f' % (across(max(x, x_low)), down(y)) for x, y in each)
        parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (path, COLOURS[index]))
        if dots:
            parts += ['<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>' % (
                across(max(x, x_low)), down(y), COLOURS[index]) for x, y in each]
    return page(width, height, title, parts)
