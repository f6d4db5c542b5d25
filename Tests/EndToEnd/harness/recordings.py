"""Recordings as players see them: decoded by opusdec, and by FFmpeg's libraries for a second opinion."""
import glob
import os
import subprocess
import tempfile

import av
import numpy as np

from .tones import read_wav


def files(folder):
    return sorted(glob.glob(os.path.join(folder, '*.opus')))


def decode(path):
    """-> (samples in -1...1, rate), by libopus."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, 'out.wav')
        result = subprocess.run(['opusdec', '--quiet', '--force-wav', path, out], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return read_wav(out)


def decode_av(path):
    """-> (samples, rate), by FFmpeg."""
    pieces = []
    with av.open(path) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == 'opus' and stream.channels == 1, stream
        resampler = av.AudioResampler(format='flt', layout='mono', rate=48000)
        for frame in container.decode(stream):
            pieces += [f.to_ndarray().reshape(-1) for f in resampler.resample(frame)]
    return np.concatenate(pieces) if pieces else np.zeros(0), 48000


def tags(path):
    with av.open(path) as container:
        return {k.upper(): v for k, v in {**container.metadata, **container.streams.audio[0].metadata}.items()}
