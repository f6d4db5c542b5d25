"""Which tones some audio holds, and how loud: 0 dBFS is a full-scale sine."""
import struct

import numpy as np


def db(x):
    return round(20 * float(np.log10(max(x, 1e-9))), 1)


def analyse_pcm(x, rate, floor=-55.0, max_peaks=12):
    """x: float array, full scale 1.0.  Levels: 0 dBFS is a full-scale sine."""
    out = dict(secs=round(len(x) / rate, 2) if rate else 0, rate=rate, rms=-180.0, peaks=[])
    if len(x) < 1024:
        return out
    out['rms'] = db(np.sqrt(np.mean(x * x)) * np.sqrt(2))
    blk = rate // 50
    b = x[:len(x) // blk * blk].reshape(-1, blk)
    e = np.sqrt((b * b).mean(1) * 2)
    out['silent_ms'] = int((e < 10 ** (-60 / 20)).sum() * 20)
    w = np.hanning(len(x))
    s = np.abs(np.fft.rfft(x * w)) * 2 / w.sum()
    hz = rate / len(x)
    sep = max(3, int(15 / hz))
    t = s.copy()
    t[:max(1, int(20 / hz))] = 0
    while len(out['peaks']) < max_peaks:
        i = int(t.argmax())
        if t[i] < 10 ** (floor / 20):
            break
        d = 0.0
        if 0 < i < len(s) - 1:
            l, c, r = (np.log(max(v, 1e-12)) for v in (s[i - 1], s[i], s[i + 1]))
            if l - 2 * c + r:
                d = 0.5 * (l - r) / (l - 2 * c + r)
        out['peaks'].append([round(float((i + d) * hz), 1), db(s[i])])
        t[max(0, i - sep):i + sep + 1] = 0
    return out


def has_tone(report, freq, lo=-40.0, hi=3.0, tol=6.0):
    return any(abs(f - freq) <= tol and lo <= l <= hi for f, l in report['peaks'])


def read_wav(path):
    """-> (samples in -1...1, rate).  A header never finished (the recorder still writes, or was killed) is fine."""
    with open(path, 'rb') as f:
        b = f.read()
    pos, rate, channels = 12, 48000, 1
    while pos + 8 <= len(b):
        name, size = b[pos:pos + 4], struct.unpack('<I', b[pos + 4:pos + 8])[0]
        if name == b'fmt ':
            _, channels, rate = struct.unpack('<HHI', b[pos + 8:pos + 16])
        elif name == b'data':
            d = b[pos + 8:]
            d = d[:len(d) // (2 * channels) * 2 * channels]
            return np.frombuffer(d, '<i2').reshape(-1, channels).mean(1) / 32768, rate
        pos += 8 + size + (size & 1)
    return np.zeros(0), rate


def level(report, freq, tol=6.0):
    """Level of the peak nearest to a frequency; -180 when there is none."""
    near = [l for f, l in report['peaks'] if abs(f - freq) <= tol]
    return max(near, default=-180.0)


def tone_level(x, freq, rate):
    """Level of one tone in a piece of audio, dBFS."""
    if not len(x):
        return -180.0
    turns = np.exp(-2j * np.pi * freq / rate * np.arange(len(x)))
    return db(2 * abs((x * turns).mean()))
