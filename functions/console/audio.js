// From a microphone or a file to what the service reads: 16 kHz, 16-bit, mono WAV. No sound leaves the page but so.

export const RATE = 16000;
const QUIETEST_DB = -60;
const OVER_NOISE_DB = 10;

/** A microphone that is being recorded; `onHeard({ level, speech, seconds })` is told of each block. */
export class Microphone {
  /** Rejects with the browser's DOMException where there is no microphone, or none may be used. */
  static async open(onHeard) {
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
    try {
      const context = new AudioContext();
      await context.audioWorklet.addModule(new URL("worklet.js", import.meta.url));
      return new Microphone(stream, context, onHeard);
    } catch (problem) {
      stream.getTracks().forEach((track) => track.stop());
      throw problem;
    }
  }

  constructor(stream, context, onHeard) {
    this.stream = stream;
    this.context = context;
    this.blocks = [];
    this.node = new AudioWorkletNode(context, "listening", { numberOfOutputs: 0 });
    const meter = new SpeechMeter(context.sampleRate);
    this.ended = new Promise((resolve) => {
      this.node.port.onmessage = ({ data }) => {
        if (data === null) return resolve();
        this.blocks.push(data);
        onHeard(meter.hear(data));
      };
    });
    context.createMediaStreamSource(stream).connect(this.node);
  }

  /** What was heard, as a WAV file; the microphone is free again. */
  async stop() {
    this.node.port.postMessage("stop");
    await this.ended;
    this.stream.getTracks().forEach((track) => track.stop());
    await this.context.close();
    return toWav(await resampled(joined(this.blocks), this.context.sampleRate));
  }
}

/** Guesses, while somebody speaks, how much of it is speech: what stands well out of the quietest that was heard. */
class SpeechMeter {
  constructor(rate) {
    this.rate = rate;
    this.floor = 0;
    this.seconds = 0;
    this.speech = 0;
  }

  hear(block) {
    const level = decibels(block);
    const length = block.length / this.rate;
    this.floor = Math.min(level, this.floor + length);
    this.seconds += length;
    if (level > Math.max(QUIETEST_DB, this.floor + OVER_NOISE_DB)) this.speech += length;
    return { level, speech: this.speech, seconds: this.seconds };
  }
}

function decibels(block) {
  const power = block.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, block.length);
  return 10 * Math.log10(power + 1e-12);
}

/** A file as WAV; one that the browser cannot read goes to the service as it is, which reads others. */
export async function fromFile(file) {
  try {
    const decoder = new OfflineAudioContext(1, 1, RATE);
    return toWav(mixed(await decoder.decodeAudioData(await file.arrayBuffer())));
  } catch {
    return file;
  }
}

function mixed(buffer) {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, n) => buffer.getChannelData(n));
  return channels[0].map((_, at) => channels.reduce((sum, channel) => sum + channel[at], 0) / channels.length);
}

function joined(blocks) {
  const all = new Float32Array(blocks.reduce((length, block) => length + block.length, 0));
  blocks.reduce((at, block) => (all.set(block, at), at + block.length), 0);
  return all;
}

async function resampled(samples, rate) {
  if (!samples.length) return samples;
  const context = new OfflineAudioContext(1, Math.ceil((samples.length * RATE) / rate), RATE);
  const buffer = context.createBuffer(1, samples.length, rate);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.start();
  return (await context.startRendering()).getChannelData(0);
}

/** RIFF: header of 44 bytes (http://soundfile.sapp.org/doc/WaveFormat/), then the samples. */
export function toWav(samples) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const word = (at, text) => [...text].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  const whole = (sample) => Math.round(32767 * Math.max(-1, Math.min(1, sample)));
  samples.forEach((sample, n) => view.setInt16(44 + 2 * n, whole(sample), true));
  return new Blob([view], { type: "audio/wav" });
}
