"""Speech through the mixer at the largest N, scored against what was sent: Tests/Benchmarks/speech_score.py."""
import os
import shutil
import subprocess
import sys
import wave

from confab import TOP

TEXT = '''The quick brown fox jumps over the lazy dog while five boxing wizards watch from the hill.
She sells sea shells by the sea shore, and the shells she sells are surely sea shells.
A large size in stockings is hard to sell. Cats and dogs each hate the other.
The pipe began to rust while new. Open the crate, but do not break the glass.'''


def original(path, text=TEXT):
    """Speech to send: espeak-ng's, brought to 48 kHz."""
    import numpy
    if not shutil.which('espeak-ng'):
        raise RuntimeError('espeak-ng, which makes the speech, is not installed')
    raw = path + '.22k'
    subprocess.run(['espeak-ng', '-s', '150', '-w', raw, text], check=True)
    with wave.open(raw) as sound:
        rate, samples = sound.getframerate(), numpy.frombuffer(sound.readframes(sound.getnframes()), '<i2')
    os.remove(raw)
    length = len(samples) * 48000 // rate
    spectrum = numpy.fft.rfft(samples.astype(float))
    wider = numpy.zeros(length // 2 + 1, complex)
    wider[:len(spectrum)] = spectrum[:len(wider)]
    upsampled = numpy.fft.irfft(wider, length) * length / len(samples)
    upsampled *= 0.25 * 32767 / numpy.abs(upsampled).max() * 2
    with wave.open(path, 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(48000)
        out.writeframes(numpy.clip(upsampled, -32768, 32767).astype('<i2').tobytes())
    return length / 48000


def measure(bench, sizes, load):
    """-> {server: {'participants': N, the scorer's figures}}"""
    sys.path.insert(0, os.path.join(TOP, 'Tests/Benchmarks'))
    from speech_score import read, score
    directory = os.path.join(TOP, 'var/bench')
    spoken = os.path.join(directory, 'spoken.wav')
    seconds = original(spoken, TEXT.partition('.')[0] if bench.short else TEXT)
    said, rate = read(spoken)
    found = {}
    for server, participants in sizes.items():
        heard = os.path.join(directory, 'heard-%s.wav' % server.__name__.lower())
        result = bench.run(
            server, load, participants, duration=round(seconds) + (2 if bench.short else 3), warm_up=3 + participants / 1000,
            extra=['--send', '0:' + spoken, '--record', '1:' + heard])
        samples, heard_rate = read(heard)
        first = next((place for place in range(0, len(samples), 480) if abs(samples[place:place + 480]).max() > 100), 0)
        scored = score(said, samples[max(first - heard_rate // 2, 0):], rate, heard_rate)
        found[server.name] = {'participants': participants, 'mean-rate': round(result.mean_rate, 2),
                              **(scored or {})}
    return found
