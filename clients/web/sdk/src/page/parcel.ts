/** Parcels: numbered messages that travel together where the way itself keeps no order. */

/** Messages and characters of a parcel; the server takes 64 and 256 KiB. */
const MESSAGES = 64;
const LENGTH = 64 * 1024;

/** Messages that wait to be sent, and their numbers. */
export class Outgoing {
  #waiting: string[] = [];
  #seq = 1;

  add(message: string): void {
    this.#waiting.push(message);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** As many of the first as fit, as the fields `seq` and `messages` of a JSON object. */
  take(): string {
    let length = 0;
    const end = this.#waiting.findIndex((message, index) => {
      length += message.length;
      return index > 0 && (length > LENGTH || index >= MESSAGES);
    });
    const taken = this.#waiting.splice(0, end === -1 ? MESSAGES : end);
    const fields = `"seq":${this.#seq},"messages":[${taken.join()}]`;
    this.#seq += taken.length;
    return fields;
  }
}
