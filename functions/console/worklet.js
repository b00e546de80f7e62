// Runs beside the page: hands over what the microphone hears, the mean of its channels, in blocks.

const BLOCK = 2048;

class Listening extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.held = 0;
    this.open = true;
    this.port.onmessage = () => {
      this.hand();
      this.port.postMessage(null);
      this.open = false;
    };
  }

  process([channels]) {
    for (let n = 0; n < (channels[0]?.length ?? 0); n++) {
      this.block[this.held++] = channels.reduce((sum, channel) => sum + channel[n], 0) / channels.length;
      if (this.held === BLOCK) this.hand();
    }
    return this.open;
  }

  hand() {
    const samples = this.block.slice(0, this.held);
    this.held = 0;
    this.port.postMessage(samples, [samples.buffer]);
  }
}

registerProcessor("listening", Listening);
