#!/bin/bash
# prompts.sh [FOLDER]
# Makes the spoken words and tones with espeak-ng, as WAV files of 16 kHz, mono, 16 bit: FOLDER/en, FOLDER/de and
# FOLDER/tones, by default config/prompts, where the ones kept in the repository came from. For another language add a
# block of sentences below, or record a folder of one's own with the same file names.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-config/prompts}
command -v espeak-ng >/dev/null || { echo "espeak-ng is not installed: apt-get install espeak-ng" >&2; exit 1; }

exec python3 - "$folder" <<'PYTHON'
import array, math, os, subprocess, sys, tempfile, wave

RATE = 16000
VOICES = {'en': 'en-gb', 'de': 'de'}
SENTENCES = {
    'en': {
        'enter-pin': 'Please enter the PIN, followed by hash.', 'wrong-pin': 'That PIN is wrong.',
        'goodbye': 'Goodbye.', 'you-are-first': 'You are the first one here.',
        'wait-for-moderator': 'Please wait for a moderator to let you in.', 'room-full': 'The room is full.',
        'room-locked': 'The room is locked.', 'room-unlocked': 'The room is open.', 'muted': 'You are muted.',
        'unmuted': 'You are unmuted.', 'all-muted': 'Everybody is muted.', 'hand-up': 'Your hand is raised.',
        'hand-down': 'Your hand is lowered.', 'recording-started': 'Recording has started.',
        'recording-stopped': 'Recording has stopped.', 'being-recorded': 'This call is being recorded.',
        'cannot-record': 'Recording is not possible.', 'more-than': 'more than', 'participant': 'participant',
        'participants': 'participants', 'say-name': 'Please say your name after the tone, then press hash.',
        'has-joined': 'has joined.', 'has-left': 'has left.',
    },
    'de': {
        'enter-pin': 'Bitte geben Sie die PIN ein, und dann die Raute-Taste.', 'wrong-pin': 'Diese PIN ist falsch.',
        'goodbye': 'Auf Wiederhören.', 'you-are-first': 'Sie sind als Erste hier.',
        'wait-for-moderator': 'Bitte warten Sie, bis die Moderation Sie einlässt.', 'room-full': 'Der Raum ist voll.',
        'room-locked': 'Der Raum ist geschlossen.', 'room-unlocked': 'Der Raum ist offen.',
        'muted': 'Sie sind stumm geschaltet.', 'unmuted': 'Sie sind wieder zu hören.', 'all-muted': 'Alle sind stumm geschaltet.',
        'hand-up': 'Ihre Hand ist gehoben.', 'hand-down': 'Ihre Hand ist gesenkt.',
        'recording-started': 'Die Aufnahme läuft.', 'recording-stopped': 'Die Aufnahme ist beendet.',
        'being-recorded': 'Dieses Gespräch wird aufgenommen.', 'cannot-record': 'Eine Aufnahme ist nicht möglich.',
        'more-than': 'mehr als', 'participant': 'Teilnehmer', 'participants': 'Teilnehmer',
        'say-name': 'Bitte sagen Sie nach dem Ton Ihren Namen, und drücken Sie dann die Raute-Taste.',
        'has-joined': 'ist da.', 'has-left': 'ist gegangen.',
    },
}
NUMBERS = list(range(21)) + list(range(30, 101, 10))
TONES = {  # name: (hertz, seconds) after one another
    'join': [(587.3, 0.12), (880.0, 0.18)], 'leave': [(880.0, 0.12), (587.3, 0.18)], 'beep': [(1000.0, 0.25)],
}


def resampled(samples, rate):
    """By windowed sinc: each output sample from the 32 input samples around it."""
    if rate == RATE:
        return list(samples)
    ratio, cut = rate / RATE, min(1.0, RATE / rate) * 0.95
    out = []
    for n in range(int(len(samples) / ratio)):
        at = n * ratio
        first = int(at) - 15
        total = weight = 0.0
        for i in range(first, first + 32):
            x = (at - i) * cut
            w = (math.sin(math.pi * x) / (math.pi * x) if x else 1.0) * (0.5 + 0.5 * math.cos(math.pi * (at - i) / 17))
            weight += w
            if 0 <= i < len(samples):
                total += w * samples[i]
        out.append(total / weight)
    return out


def trimmed(samples):
    """Without the silence around it, but for 40 ms."""
    loud = [i for i, s in enumerate(samples) if abs(s) > 200]
    if not loud:
        return samples
    return samples[max(0, loud[0] - RATE // 25):loud[-1] + RATE // 25]


def levelled(samples, rms=2600.0):
    """To one loudness (-22 dBFS), never beyond full scale."""
    loud = [s * s for s in samples if abs(s) > 200] or [1.0]
    gain = rms / math.sqrt(sum(loud) / len(loud))
    return [max(-32000.0, min(32000.0, s * gain)) for s in samples]


def save(path, samples):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with wave.open(path, 'wb') as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(array.array('h', [round(s) for s in samples]).tobytes())


def speak(text, voice):
    with tempfile.NamedTemporaryFile(suffix='.wav') as spoken:
        subprocess.run(['espeak-ng', '-v', voice, '-s', '150', '-w', spoken.name, text], check=True)
        with wave.open(spoken.name) as found:
            samples = array.array('h', found.readframes(found.getnframes()))
            return resampled(samples, found.getframerate())


def tone(hertz, seconds):
    count, edge = int(RATE * seconds), RATE // 100
    return [3000 * math.sin(2 * math.pi * hertz * n / RATE) * min(1, n / edge, (count - n) / edge) for n in range(count)]


def tune():
    """Sixteen soft notes of half a second, for who is held; it goes round without a gap."""
    samples = []
    for hertz in [261.6, 329.6, 392.0, 329.6, 220.0, 261.6, 329.6, 261.6, 174.6, 220.0, 261.6, 220.0,
                  196.0, 246.9, 293.7, 246.9]:
        count = RATE // 2
        samples += [1500 * math.exp(-3 * n / count) * min(1, n / 160, (count - n) / 160) * (
            math.sin(2 * math.pi * hertz * n / RATE) + 0.3 * math.sin(4 * math.pi * hertz * n / RATE))
            for n in range(count)]
    return samples


folder = sys.argv[1]
for language, sentences in SENTENCES.items():
    for name, text in list(sentences.items()) + [('number-%d' % n, str(n)) for n in NUMBERS]:
        save(os.path.join(folder, language, name + '.wav'), levelled(trimmed(speak(text, VOICES[language]))))
for name, parts in TONES.items():
    save(os.path.join(folder, 'tones', name + '.wav'), [s for part in parts for s in tone(*part)])
save(os.path.join(folder, 'tones', 'hold.wav'), tune())
PYTHON
