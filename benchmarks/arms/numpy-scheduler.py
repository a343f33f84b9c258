"""Times one step of a scheduler in NumPy, written as diffusers writes it: prints the median in microseconds.

    python numpy-scheduler.py euler|dpmpp2m REPETITIONS
"""
import sys
import time

import numpy as np

f32 = np.float32
rng = np.random.default_rng(0)
sample, output, earlier = (rng.standard_normal((1, 4, 128, 128), dtype=f32) for _ in range(3))
sigma, sigma_next = f32(2.060644), f32(1.276834)
one, half = f32(1), f32(0.5)
np.empty(1 << 20)  # freed at once: from then on the C library keeps memory of this size instead of returning it after every operation


def euler():
    original = sample - sigma * output
    derivative = (sample - original) / sigma
    return sample + derivative * (sigma_next - sigma)


def level(ratio):
    alpha = one / np.sqrt(ratio * ratio + one)
    return alpha, ratio * alpha, np.log(alpha) - np.log(ratio * alpha)


def dpmpp2m():
    (alpha_t, sigma_t, lambda_t), (alpha_s, sigma_s, lambda_s), (_, _, lambda_r) = level(sigma_next), level(sigma), level(f32(3.522065))
    original = (sample - sigma_s * output) / alpha_s
    h = lambda_t - lambda_s
    ratio = (lambda_s - lambda_r) / h
    difference = one / ratio * (original - earlier)
    decay = alpha_t * (np.exp(-h) - one)
    return sigma_t / sigma_s * sample - decay * original - half * decay * difference


step = {"euler": euler, "dpmpp2m": dpmpp2m}[sys.argv[1]]
repetitions = int(sys.argv[2])
times = []
for _ in range(2 * repetitions):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
print(sorted(times[repetitions:])[repetitions // 2] * 1e6)
