"""How often the threads of a running server allocate: Tests/Benchmarks/allocations/counter.c preloaded into it."""
import os
import struct
import subprocess
import time

from confab import TOP, Confab
from generator import Generator
from loads import Load
from machine import cores

SOURCE = os.path.join(TOP, 'Tests/Benchmarks/allocations/counter.c')
RECORD = struct.Struct('4Q')
LOAD = Load('allocations', '20 rooms of ten, two talk in each', rooms_of=10, talkers=2)
PARTICIPANTS = 200
MEDIA_THREAD = 'confab-media'


def build(directory):
    os.makedirs(directory, exist_ok=True)
    library = os.path.join(os.path.abspath(directory), 'counter.so')
    subprocess.run(['cc', '-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', library, SOURCE], check=True)
    return library


def counts(path):
    """-> {thread id: (allocations, frees, bytes)}"""
    with open(path, 'rb') as records:
        return {thread: rest for thread, *rest in RECORD.iter_unpack(records.read()) if thread}


def measure(directory, rtp_ports, seconds, settle, participants=PARTICIPANTS):
    """-> what each kind of thread allocated over `seconds` of steady state, by thread name."""
    server_core, generator_core = cores()
    table = os.path.join(os.path.abspath(directory), 'allocations.bin')
    library = build(directory)
    server = Confab(directory, server_core, rtp_ports, env={'LD_PRELOAD': library, 'ALLOCATION_COUNTS': table})
    try:
        generator = Generator(server, LOAD, participants, generator_core, directory, tag='allocations',
                              ramp=100, warm_up=settle, duration=seconds + 4)
        time.sleep(participants / generator.ramp + settle + 2)
        names, before, started = server.process.threads(), counts(table), time.monotonic()
        time.sleep(seconds)
        after, lasted = counts(table), time.monotonic() - started
        result = generator.wait()
    finally:
        server.stop()
    threads = []
    for thread, name in sorted(names.items()):
        now, then = after.get(thread, (0, 0, 0)), before.get(thread, (0, 0, 0))
        threads.append({
            'thread': name, 'media': name.startswith(MEDIA_THREAD), 'allocations': now[0] - then[0],
            'frees': now[1] - then[1], 'bytes': now[2] - then[2]})
    media = [thread for thread in threads if thread['media']]
    return {
        'seconds': round(lasted, 1), 'participants': participants, 'joined': result.joined, 'rooms': participants // 10,
        'mean-rate': round(result.mean_rate, 2), 'media-threads': len(media),
        'media-allocations': sum(thread['allocations'] for thread in media) if media else None, 'threads': threads}
