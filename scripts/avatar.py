#!/usr/bin/env python3
"""avatar.py: draws the picture of rooms that have none of their own, and writes it down as Swift:
scripts/avatar.py [FILE.png] > Sources/Conference/MUC/Picture+Standard.swift"""
import base64
import struct
import sys
import zlib

SIZE, FINE = 128, 3             # pixels, and samples a pixel each way
GROUND, PEOPLE = (38, 92, 135), (245, 247, 250)


def inside(x, y):
    """Three people, heads and shoulders, the one in the middle in front; in a square of 1 by 1."""
    for cx, cy, r in ((0.5, 0.36, 0.13), (0.2, 0.42, 0.09), (0.8, 0.42, 0.09)):
        if (x - cx) ** 2 + (y - cy) ** 2 < r * r:
            return True
        wide, top = 1.75 * r, cy + 1.35 * r
        if y > top and y < 0.8 and ((x - cx) / wide) ** 2 + ((y - top - wide) / wide) ** 2 < 1:
            return cx == 0.5 or abs(x - 0.5) > 0.245
    return False


shades = 4
palette = b''.join(bytes(g + (p - g) * i // (shades - 1) for g, p in zip(GROUND, PEOPLE)) for i in range(shades))
rows = b''
for y in range(SIZE):
    row = bytearray(SIZE // 4)
    for x in range(SIZE):
        hits = sum(inside((x + (i + 0.5) / FINE) / SIZE, (y + (j + 0.5) / FINE) / SIZE)
                   for i in range(FINE) for j in range(FINE))
        row[x // 4] |= (hits * (shades - 1) + FINE * FINE // 2) // (FINE * FINE) << 6 - x % 4 * 2
    rows += b'\0' + row


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


png = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', SIZE, SIZE, 2, 3, 0, 0, 0)) \
    + chunk(b'PLTE', palette) + chunk(b'IDAT', zlib.compress(rows, 9)) + chunk(b'IEND', b'')
text = base64.b64encode(png).decode()
lines = [text[i:i + 96] for i in range(0, len(text), 96)]
print('import Primitives\n\nextension Picture {')
print('    /// Of rooms that have none of their own; drawn by scripts/avatar.py.')
print('    public static let standard = Base64.decode(\n        """')
print('\n'.join('        %s\\' % line for line in lines[:-1]) + '\n        ' + lines[-1])
print('        """\n    ).flatMap { Picture($0) }\n}')
if len(sys.argv) > 1:
    open(sys.argv[1], 'wb').write(png)
