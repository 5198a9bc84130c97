// @ts-check
/** As much of RTCPeerConnection and its data channel as a call uses, under the control of a test. */
export class FakePeer extends EventTarget {
  connectionState = "new";
  sctp = { maxMessageSize: 1_000 };
  localDescription = /** @type {{type: string, sdp: string}|null} */ (null);
  remoteDescription = /** @type {any} */ (null);
  tracks = /** @type {any[]} */ ([]);
  transceivers = /** @type {any[]} */ ([]);
  channel = new FakeChannel();
  /** True to refuse the next answer. */
  refusesAnswer = false;

  /** What the other side hears. */
  sender = { track: /** @type {any} */ (null), replaceTrack: async (/** @type {any} */ track) => { this.sender.track = track; } };

  addTrack = (/** @type {any} */ track) => {
    this.tracks.push(track);
    this.sender.track = track;
    return this.sender;
  };

  addTransceiver = (/** @type {string} */ kind, /** @type {any} */ init) => {
    this.transceivers.push([kind, init]);
    return { sender: this.sender };
  };

  createDataChannel = (/** @type {string} */ label) => Object.assign(this.channel, { label });

  createOffer = async () => ({ type: "offer", sdp: "v=0\r\noffer\r\n" });

  setLocalDescription = async (/** @type {any} */ description) => {
    this.localDescription = description;
  };

  setRemoteDescription = async (/** @type {any} */ description) => {
    if (this.refusesAnswer) {
      throw new Error("Failed to parse SessionDescription.");
    }
    this.remoteDescription = description;
  };

  /** Packets of sound received so far. */
  packets = 0;

  getStats = async () => new Map([["a", { type: "inbound-rtp", packetsReceived: this.packets }], ["b", { type: "transport" }]]);

  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  close() {
    this.connectionState = "closed";
  }
}

class FakeChannel extends EventTarget {
  readyState = "connecting";
  label = "";
  /** @type {string[]} */
  sent = [];

  open() {
    this.readyState = "open";
    this.dispatchEvent(new Event("open"));
  }

  send = (/** @type {string} */ text) => this.sent.push(text);

  /** @param {object} event */
  deliver(event) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
  }

  close() {
    if (this.readyState !== "closed") {
      this.readyState = "closed";
      this.dispatchEvent(new Event("close"));
    }
  }
}
