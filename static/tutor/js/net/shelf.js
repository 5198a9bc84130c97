// @ts-check

/**
 * @typedef {import("../realtime/types.js").JournalEntry} JournalEntry
 * @typedef {{key: IDBValidKey, place: string, owner: string, at: number, entry: JournalEntry}} Kept
 */

const DATABASE = "viva";
const STORE = "unsent";
/** Milliseconds after which what nobody came back for is thrown away: the server would not take it any more. */
const KEPT_FOR = 72 * 60 * 60 * 1000;

/**
 * What the server has not stored so far, kept in the browser (IndexedDB) over a reload, a crash or a night.
 *
 * Each entry belongs to the person who said it and to the place (the journal of an attempt) it is to be sent to; nobody
 * else's is ever handed out. Of what has the same kind and id only the newest is kept. Where the browser forbids
 * storage, or its disk is full, nothing is kept and `works` says so; nothing here ever throws.
 *
 * Events: "change" when `works` changes.
 */
export class Shelf extends EventTarget {
  #owner;
  #now;
  /** @type {Promise<IDBDatabase>} */
  #database;
  #works = true;

  /**
   * @param {object} options
   * @param {string} options.owner who is signed in
   * @param {() => IDBFactory} [options.factory] asked once: merely naming a forbidden one throws
   * @param {() => number} [options.now]
   */
  constructor({ owner, factory = () => window.indexedDB, now = Date.now }) {
    super();
    this.#owner = owner;
    this.#now = now;
    this.#database = open(factory);
    this.#database.catch(() => this.#report(false));
  }

  /** False after something could not be kept. */
  get works() {
    return this.#works;
  }

  /**
   * @param {string} place
   * @param {JournalEntry[]} entries
   */
  async put(place, entries) {
    await this.#do("readwrite", (store) => {
      for (const entry of entries) {
        store.put({ key: this.#key(place, entry), owner: this.#owner, place, at: this.#now(), entry });
      }
    });
  }

  /**
   * Forget what has been stored; what was replaced by something newer meanwhile stays.
   * @param {string} place
   * @param {JournalEntry[]} entries as they were sent
   */
  async remove(place, entries) {
    await this.#do("readwrite", (store) => {
      for (const entry of entries) {
        const key = this.#key(place, entry);
        const request = store.get(key);
        request.onsuccess = () => {
          if (request.result && JSON.stringify(request.result.entry) === JSON.stringify(entry)) {
            store.delete(key);
          }
        };
      }
    });
  }

  /**
   * All that is kept of whoever is signed in, oldest first, by place. What is too old is thrown away, whosever it is.
   * @returns {Promise<Map<string, JournalEntry[]>>}
   */
  async rest() {
    /** @type {Kept[]} */
    const mine = [];
    await this.#do("readwrite", (store) => {
      const request = store.openCursor();
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) {
          return;
        }
        if (this.#now() - cursor.value.at > KEPT_FOR) {
          cursor.delete();
        } else if (cursor.value.owner === this.#owner) {
          mine.push(cursor.value);
        }
        cursor.continue();
      };
    });
    /** @type {Map<string, JournalEntry[]>} */
    const places = new Map();
    for (const { place, entry } of mine.sort((one, other) => one.at - other.at)) {
      places.set(place, [...(places.get(place) ?? []), entry]);
    }
    return places;
  }

  /**
   * @param {string} place
   * @param {JournalEntry} entry
   */
  #key(place, entry) {
    return [this.#owner, place, entry.kind, entry.id];
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => void} work
   */
  async #do(mode, work) {
    try {
      const database = await this.#database;
      await new Promise((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
        work(transaction.objectStore(STORE));
      });
      this.#report(true);
    } catch {
      // Forbidden, full, or closed by the browser: whoever asked keeps it in memory, and the page says so.
      this.#report(false);
    }
  }

  /** @param {boolean} works */
  #report(works) {
    if (works !== this.#works) {
      this.#works = works;
      this.dispatchEvent(new Event("change"));
    }
  }
}

/**
 * @param {() => IDBFactory} factory
 * @returns {Promise<IDBDatabase>}
 */
async function open(factory) {
  const request = factory().open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
