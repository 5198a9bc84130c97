// @ts-check
/**
 * @typedef {{id: string, label: string}} Device
 */

/** The microphones and loudspeakers of this machine. Events: "change" when one is plugged in or taken away. */
export class Devices extends EventTarget {
  #media;

  /** @param {Pick<MediaDevices, "enumerateDevices"|"addEventListener">|undefined} media `navigator.mediaDevices` */
  constructor(media) {
    super();
    this.#media = media;
    media?.addEventListener("devicechange", () => this.dispatchEvent(new Event("change")));
  }

  /**
   * What there is to choose from. Browsers name devices only to pages that have been given the microphone once; those
   * without a name are left out, for nobody could choose between them.
   * @returns {Promise<{microphones: Device[], speakers: Device[]}>}
   */
  async list() {
    const all = (await this.#media?.enumerateDevices()) ?? [];
    const named = all.filter(({ deviceId, label }) => deviceId !== "" && label !== "");
    const ofKind = (/** @type {MediaDeviceKind} */ wanted) =>
      named.filter(({ kind }) => kind === wanted).map(({ deviceId, label }) => ({ id: deviceId, label }));
    return { microphones: ofKind("audioinput"), speakers: ofKind("audiooutput") };
  }
}
