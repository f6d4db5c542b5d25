#!/usr/bin/env python3
"""Scores speech that was heard against what was said: speech_score.py [--json] SAID.wav HEARD.wav...

The same figures as Tests/MediaTests/SpeechScore.swift: both are brought to 16 kHz, laid over each other piece by piece,
so that delay and time-stretching do not count, and brought to one level. Needs numpy only.
"""
import argparse
import json
import sys
import wave

import numpy as np

RATE, PIECE, HOP, SIZE = 16000, 3840, 256, 512


def read(path):
    """The first channel of a WAV file of 16 bits, and its rate."""
    with wave.open(path) as file:
        if file.getsampwidth() != 2:
            raise ValueError('%s is not of 16 bits' % path)
        samples = np.frombuffer(file.readframes(file.getnframes()), '<i2').astype(float)
        return samples[::file.getnchannels()], file.getframerate()


def resampled(samples, rate):
    if rate == RATE:
        return np.asarray(samples, float)
    ratio = rate / RATE
    cutoff = min(1, 1 / ratio) * 0.88
    reach = int(24 * max(1, ratio))
    count = int(len(samples) / ratio)
    padded = np.concatenate([np.zeros(reach), samples, np.zeros(reach + 1)])
    taps = np.arange(-reach, reach + 1)
    out = np.empty(count)
    for start in range(0, count, 16384):
        position = np.arange(start, min(start + 16384, count)) * ratio
        base = position.astype(int)
        x = taps - (position - base)[:, None]
        kernel = np.sinc(cutoff * x) * cutoff * (0.5 + 0.5 * np.cos(np.pi * np.clip(x / (reach + 1), -1, 1)))
        out[start:start + len(base)] = (kernel * padded[base[:, None] + taps + reach]).sum(1)
    return out


def cut(samples, start, count):
    """`count` samples from `start` on, zeros where there are none."""
    out = np.zeros(count)
    low, high = max(start, 0), min(start + count, len(samples))
    if high > low:
        out[low - start:high - start] = samples[low:high]
    return out


def lags(said, heard):
    """The products of `said` with `heard`, laid on from each of its samples on."""
    return np.correlate(heard, said, 'valid')


def envelope(samples):
    power = (samples[:len(samples) // 160 * 160].reshape(-1, 160) ** 2).sum(1)
    # What is 30 dB below the loudest is a pause like any other.
    level = np.log(np.maximum(power, max(power.max() * 0.001, 1)))
    return level - level.mean()


def every_4th(samples):
    for _ in range(2):
        samples = np.convolve(samples, np.full(4, 0.25))[:len(samples)]
    return samples[::4]


def aligned(said, heard):
    """Pieces of speech: where each begins, and how many samples later it is heard."""
    one, other = envelope(said), envelope(heard)
    reach = min(400, len(one) // 2)
    coarse = (int(np.argmax(lags(one, cut(other, -reach, len(one) + 2 * reach)))) - reach) * 160
    low, heard_low = every_4th(said), every_4th(heard)
    starts = np.arange(0, len(said) - PIECE, PIECE)
    energies = np.array([(said[s:s + PIECE] ** 2).sum() for s in starts])
    pieces, last = [], coarse
    quarter = PIECE // 4
    for start, own in zip(starts, energies):
        if own <= energies.mean() * 0.02:
            continue
        first = int(last / 4) - 240
        part = cut(heard_low, start // 4 + first, quarter + 480)
        sums = np.concatenate([[0], np.cumsum(part ** 2)])
        score = lags(low[start // 4:start // 4 + quarter], part) / np.sqrt(sums[quarter:] - sums[:-quarter] + 1)
        # Speech is like itself a pitch period later: all that is near the best is looked at closely.
        peaks = [p for p in range(1, 480) if score[p] > score.max() * 0.85 and score[p - 1] <= score[p] > score[p + 1]]
        near, best, fine = last, 0, None
        for peak in peaks:
            at = (first + peak) * 4 - 25
            part = cut(heard, start + at, PIECE + 50)
            sums = np.concatenate([[0], np.cumsum(part ** 2)])
            found = lags(said[start:start + PIECE], part) / np.sqrt((sums[PIECE:] - sums[:-PIECE]) * own + 1)
            place = 20 + int(np.argmax(found[20:31]))
            if found[place] > best:
                near, best, fine = at + place, found[place], found[place - 20:place + 21]
        if best <= 0.4:
            pieces.append((start, float(last)))
            continue
        # The correlation is as smooth as the waves: its peak is found between the samples as theirs are.
        parts = np.arange(-50, 51) / 100
        x = np.arange(-20, 21) - parts[:, None]
        around = (np.sinc(x) * (0.5 + 0.5 * np.cos(np.pi * x / 20.5)) * fine).sum(1)
        part = parts[np.argmax(around)]
        last = near
        pieces.append((start, last + float(part)))
    return pieces


def taken(samples, position, count):
    base = int(np.floor(position))
    x = np.arange(-19, 21) - (position - base)
    kernel = np.sinc(x) * (0.5 + 0.5 * np.cos(np.pi * x / 20.5))
    return np.correlate(cut(samples, base - 19, count + 39), kernel, 'valid')


def score(said, heard, rate=48000, heard_rate=None, bandwidth=7000):
    """A dictionary of the figures; None where there is nothing to compare."""
    said, heard = resampled(said, rate), resampled(heard, heard_rate or rate)
    pieces = aligned(said, heard) if len(said) > PIECE and len(heard) > 160 else []
    if not pieces:
        return None
    frame = 320
    active = np.mean([(said[s:s + PIECE] ** 2).sum() for s, _ in pieces]) / 12
    ratios, missing, energies = [], 0, np.zeros(2)
    frames, own_bands, other_bands, levels = [], [], [], []
    edges = 150 * 2 ** ((np.arange(18) - 0.5) / 3)
    bins = np.rint(edges[edges <= bandwidth] / RATE * SIZE).astype(int)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(SIZE) + 0.5) / SIZE)

    def bands(samples):
        power = np.abs(np.fft.rfft(samples * window)) ** 2
        return [power[low:max(high, low + 1)].sum() for low, high in zip(bins, bins[1:])]

    for start, lag in pieces:
        own = said[start:start + PIECE]
        laid = taken(heard, start + lag, PIECE + SIZE)
        other = laid[:PIECE]
        power = (other ** 2).sum()
        factor = max((own * other).sum() / power, 0) if power > 0 else 0
        energies += (own ** 2).sum(), power
        signal = (own.reshape(-1, frame) ** 2).sum(1)
        noise = ((own - factor * other).reshape(-1, frame) ** 2).sum(1)
        there = (other.reshape(-1, frame) ** 2).sum(1) * max(factor * factor, 0.01)
        speaks = signal > active * 0.02
        ratios.extend(np.clip(10 * np.log10(signal[speaks] / (noise[speaks] + 1)), -10, 35))
        missing += int((there[speaks] < signal[speaks] * 0.01).sum())
        for place in range(0, PIECE, HOP):
            frames.append((start + place) // HOP)
            own_bands.append(bands(cut(said, start + place, SIZE)))
            other_bands.append(bands(laid[place:place + SIZE]))
        levels.append((own ** 2).sum() / (power + 1))
    gain = 10 * np.log10((energies[1] + 1) / (energies[0] + 1))
    # One level for all, and up to 6 dB more or less for a piece, as a gain that follows the speech is no distortion.
    whole = 10 ** (-gain / 10)
    levels = np.repeat(np.clip(levels, whole / 4, whole * 4), PIECE // HOP)
    own_bands, other_bands = np.array(own_bands), np.array(other_bands) * levels[:, None]
    total = own_bands.sum(1)
    loud = total > total.max() * 0.001
    floor = total.max() * 1e-6
    distance = 10 * np.log10((own_bands[loud] + floor) / (other_bands[loud] + floor))
    return dict(
        segmental_snr=float(np.mean(ratios)) if ratios else 0.0,
        spectral_distance=float(np.sqrt((distance ** 2).mean(1)).mean()),
        intelligibility=envelopes(frames, np.sqrt(own_bands), np.sqrt(other_bands)),
        delay_ms=float(np.median([lag for _, lag in pieces])) / RATE * 1000, gain_db=float(gain),
        lost=missing / max(len(ratios), 1))


def envelopes(frames, own, other):
    """The mean correlation of each band over 24 frames, what is heard held within -15 dB of noise (Taal 2011)."""
    span, scores = 24, []
    for start in range(0, len(frames) - span + 1, 6):
        if frames[start + span - 1] - frames[start] >= span * 2:
            continue
        one, two = own[start:start + span], other[start:start + span]
        energy = (one ** 2).sum(0)
        two = np.minimum(two * np.sqrt(energy / ((two ** 2).sum(0) + 1e-9)), one * (1 + 10 ** (15 / 20)))
        one, two = one - one.mean(0), two - two.mean(0)
        value = (one * two).sum(0) / (np.sqrt((one ** 2).sum(0) * (two ** 2).sum(0)) + 1e-9)
        scores.extend(value[energy > 0])
    return float(np.mean(scores)) if scores else 0.0


def self_test():
    """What the score must tell of sounds of which it is known."""
    random = np.random.default_rng(1)
    time = np.arange(RATE * 6 * 3) / 48000
    syllables = np.clip(np.sin(2 * np.pi * 2.3 * time), 0, 1) ** 0.5
    pitch = 120 + 15 * np.sin(2 * np.pi * 0.4 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / 48000
    said = sum(np.sin(n * phase + n * n) * (0.5 + 0.5 * np.sin(2 * np.pi * 0.6 * time + n)) / n for n in range(1, 40))
    said = np.round(said * syllables * 3000)
    rms = np.sqrt((said ** 2).mean())

    same = score(said, said)
    assert same['segmental_snr'] > 34 and same['spectral_distance'] < 0.01 and same['intelligibility'] > 0.999, same
    for delay in (1, 5777, 48000):
        late = score(said, np.concatenate([np.zeros(delay), said * 0.4, np.zeros(4800)]))
        assert abs(late['delay_ms'] - delay / 48) < 0.05 and abs(late['gain_db'] + 7.96) < 0.1, late
        assert late['segmental_snr'] > 30 and late['intelligibility'] > 0.99, late
    noisy = [score(said, said + random.normal(0, rms * 10 ** (-ratio / 20), len(said))) for ratio in (30, 20, 10, 0)]
    for better, worse in zip(noisy, noisy[1:]):
        assert better['segmental_snr'] > worse['segmental_snr'] + 3, noisy
        assert better['spectral_distance'] < worse['spectral_distance'], noisy
        assert better['intelligibility'] > worse['intelligibility'], noisy
    holes = said.copy().reshape(-1, 960)
    holes[::10] = 0
    lost = score(said, holes.ravel())
    assert 0.04 < lost['lost'] < 0.16 and lost['intelligibility'] < 0.99, lost
    narrow = score(said, resampled(said, 48000), heard_rate=16000)
    assert narrow['segmental_snr'] > 30, narrow
    shorter = np.concatenate([said[s:s + 47520] for s in range(0, len(said), 48000)])
    stretched = score(said, shorter)
    assert stretched['segmental_snr'] > 20 and stretched['intelligibility'] > 0.9, stretched
    assert score(said, np.zeros(len(said)))['lost'] > 0.99


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--json', action='store_true')
    parser.add_argument('--bandwidth', type=float, default=7000, help='in hertz; 3400 for G.711')
    parser.add_argument('--self-test', action='store_true')
    parser.add_argument('said', nargs='?')
    parser.add_argument('heard', nargs='*')
    options = parser.parse_args()
    if options.self_test:
        self_test()
        print('ok')
        return
    if not options.said or not options.heard:
        parser.error('what was said, and what was heard, as WAV files')
    said, rate = read(options.said)
    results = {}
    for path in options.heard:
        heard, heard_rate = read(path)
        results[path] = score(said, heard, rate, heard_rate, options.bandwidth)
    if options.json:
        json.dump(results, sys.stdout, indent=2)
        print()
        return
    print('%-40s %8s %8s %8s %9s %7s %6s' % ('', 'segSNR', 'distance', 'STOI', 'delay ms', 'gain dB', 'lost'))
    for path, r in results.items():
        if r is None:
            print('%-40s nothing to compare' % path)
        else:
            print('%-40s %8.2f %8.2f %8.3f %9.1f %7.1f %5.1f%%' % (
                path, r['segmental_snr'], r['spectral_distance'], r['intelligibility'], r['delay_ms'], r['gain_db'],
                r['lost'] * 100))


if __name__ == '__main__':
    main()
