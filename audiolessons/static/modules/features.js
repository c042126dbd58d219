// What the digit network is given, computed as the Python package does: `signals.resample`,
// `signals.trim_silence`, `features.mel_filterbank`, `transforms.LogMel`, `transforms.from_loudest`.
// A test holds each beside Python on sixty sounds. Sums are doubles; what is kept are floats.

// The resampling filter: 64 samples of the lower rate on either side, under a Kaiser window.
const HALF_LENGTH = 64;
const KAISER_BETA = 10.06;
const CUTOFF = 0.95;
const TINY_POWER = 1e-10;

export function resample(audio, fromRate, toRate) {
  if (fromRate === toRate) return audio;
  const common = divisor(fromRate, toRate);
  const [up, down] = [toRate / common, fromRate / common];
  const kernel = windowedSinc(up, down);
  const half = (kernel.length - 1) / 2;
  const made = new Float32Array(Math.ceil((audio.length * toRate) / fromRate));
  for (let n = 0; n < made.length; n++) {
    const time = n * down; // at the rate that both rates divide
    const first = Math.max(0, Math.ceil((time - half) / up));
    const last = Math.min(audio.length - 1, Math.floor((time + half) / up));
    let sum = 0;
    for (let k = first; k <= last; k++) sum += audio[k] * kernel[half + time - k * up];
    made[n] = sum;
  }
  return made;
}

const divisor = (a, b) => (b ? divisor(b, a % b) : a);

function windowedSinc(up, down) {
  const slower = Math.max(up, down);
  const half = HALF_LENGTH * slower;
  const kernel = Float64Array.from({ length: 2 * half + 1 }, (_, n) => {
    const x = Math.PI * CUTOFF * ((n - half) / slower);
    const window = bessel(KAISER_BETA * Math.sqrt(1 - ((n - half) / half) ** 2)) / bessel(KAISER_BETA);
    return (x === 0 ? 1 : Math.sin(x) / x) * window;
  });
  const sum = kernel.reduce((a, b) => a + b);
  return kernel.map((one) => (one * up) / sum);
}

// The modified Bessel function of order 0, by its series.
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-17 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}

// Cuts off what is quiet at both ends.
export function trimSilence(audio, { rate, thresholdDb, marginSeconds = 0.02 }) {
  const loudest = audio.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  if (loudest === 0) throw new Error("the sound is silent");
  const threshold = Math.fround(loudest * 10 ** (thresholdDb / 20));
  const margin = Math.round(marginSeconds * rate);
  const first = audio.findIndex((one) => Math.abs(one) >= threshold);
  const last = audio.findLastIndex((one) => Math.abs(one) >= threshold);
  return audio.slice(Math.max(0, first - margin), last + 1 + margin);
}

// Slaney's scale: straight up to 1000 Hz, logarithmic above; 27 mel are a factor of 6.4 there.
const LOG_STEP = Math.log(6.4) / 27;
const toMel = (hz) => (hz < 1000 ? (3 * hz) / 200 : 15 + Math.log(hz / 1000) / LOG_STEP);
const toHz = (mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(LOG_STEP * (mel - 15)));

// Triangles of area 1 that gather bins into bands: for each bin, [band, weight] of the one or two
// that it belongs to.
export function melFilters({ rate, nFft, nMels }) {
  const highest = toMel(rate / 2);
  const corners = Array.from({ length: nMels + 2 }, (_, n) => toHz((highest * n) / (nMels + 1)));
  const weight = (band, share) => [band, (2 * share) / (corners[band + 2] - corners[band])];
  return Array.from({ length: nFft / 2 + 1 }, (_, bin) => {
    const hz = (bin * rate) / nFft;
    const left = corners.findLastIndex((corner) => corner <= hz);
    if (left > nMels) return [];
    const share = (hz - corners[left]) / (corners[left + 1] - corners[left]);
    const both = [weight(left - 1, 1 - share), weight(left, share)];
    return both.filter(([band]) => band >= 0 && band < nMels);
  });
}

// Log-mel bands in dB, nothing lower than `topDb` below the loudest point: {levels, nFrames}, a row
// for each band.
export function logMel(audio, { rate, nFft, hopLength, nMels, topDb }) {
  const filters = melFilters({ rate, nFft, nMels });
  const window = Float64Array.from({ length: nFft }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / nFft));
  const nFrames = 1 + Math.floor(audio.length / hopLength);
  const levels = new Float32Array(nMels * nFrames);
  for (let frame = 0; frame < nFrames; frame++) {
    const start = frame * hopLength - nFft / 2; // frames are centred; around the sound is silence
    const power = powers(window.map((one, n) => one * (audio[start + n] ?? 0)));
    const bands = new Float64Array(nMels);
    filters.forEach((pairs, bin) => pairs.forEach(([band, weight]) => (bands[band] += weight * power[bin])));
    bands.forEach((one, band) => (levels[band * nFrames + frame] = 10 * Math.log10(Math.max(one, TINY_POWER))));
  }
  const lowest = loudestOf(levels) - topDb;
  return { levels: levels.map((one) => Math.max(one, lowest)), nFrames };
}

// Levels as numbers from -1, `topDb` below the loudest point, to 1, there.
export function fromLoudest(levels, topDb) {
  const loudest = loudestOf(levels);
  return levels.map((one) => Math.max(-1, (one - loudest) / (topDb / 2) + 1));
}

const loudestOf = (levels) => levels.reduce((a, b) => Math.max(a, b), -Infinity);

// Squared magnitudes of the bins of a real frame; its length is a power of two.
function powers(frame) {
  const imaginary = new Float64Array(frame.length);
  fourier(frame, imaginary);
  return frame.subarray(0, frame.length / 2 + 1).map((one, bin) => one ** 2 + imaginary[bin] ** 2);
}

// The fast Fourier transform, in place: pairs of values, then pairs of pairs.
function fourier(real, imaginary) {
  const size = real.length;
  for (let n = 1, mirrored = 0; n < size; n++) { // each to the place of its bits read backwards
    let bit = size >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (n < mirrored) {
      [real[n], real[mirrored]] = [real[mirrored], real[n]];
      [imaginary[n], imaginary[mirrored]] = [imaginary[mirrored], imaginary[n]];
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [cosine, sine] = [Math.cos((Math.PI * k) / half), -Math.sin((Math.PI * k) / half)];
      for (let a = k; a < size; a += 2 * half) {
        const b = a + half;
        const turnedReal = cosine * real[b] - sine * imaginary[b];
        const turnedImaginary = cosine * imaginary[b] + sine * real[b];
        [real[b], imaginary[b]] = [real[a] - turnedReal, imaginary[a] - turnedImaginary];
        real[a] += turnedReal;
        imaginary[a] += turnedImaginary;
      }
    }
  }
}

// All of it for one word: {bands, nFrames}, and how many seconds it lasts before it is cut.
export function bandsOfWord(audio, rate, settings) {
  const word = trimSilence(resample(audio, rate, settings.rate), settings);
  const longest = Math.round(settings.longestSeconds * settings.rate);
  const { levels, nFrames } = logMel(word.slice(0, longest), settings);
  return { bands: fromLoudest(levels, settings.topDb), nFrames, seconds: word.length / settings.rate };
}
