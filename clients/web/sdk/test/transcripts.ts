/** The transcripts of the protocol, and the holes in their messages. See protocol/transcripts/README.md. */
import { readdirSync, readFileSync } from 'node:fs';

import type { MediaKind } from '../src/protocol.ts';

export type Json = string | number | boolean | null | Json[] | { [field: string]: Json };
type Fields = { readonly [field: string]: Json };

/** One thing that happens. */
export type Step =
  | { readonly connect: string; readonly holds?: Json[]; readonly welcome?: Fields }
  | { readonly disconnect: string }
  | { readonly from: string; readonly message: Json }
  | { readonly to: string; readonly message: Json }
  | { readonly never_to: string; readonly message: Json }
  | { readonly never_from: string; readonly message: Json }
  | { readonly at: string; readonly do: string; readonly to?: string; readonly media?: MediaKind[] }
  | {
      readonly at: string;
      readonly engine: string;
      readonly description?: Json;
      readonly route?: string;
      readonly notice?: Json;
    }
  | { readonly at: string; readonly state: Json }
  | { readonly ms: number };

export interface Transcript {
  readonly title: string;
  readonly for?: ('server' | 'client')[];
  readonly devices: Readonly<Record<string, string>>;
  readonly clients?: string[];
  readonly steps: Step[];
}

const FOLDER = new URL('../../../../protocol/transcripts/', import.meta.url);

/** Each transcript for clients with each device whose part tests one. */
export function clientParts(): { name: string; device: string; transcript: Transcript }[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const transcript = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Transcript;
      if (transcript.for && !transcript.for.includes('client')) return [];
      const devices = transcript.clients ?? Object.keys(transcript.devices);
      return devices.map((device) => ({ name: file.replace(/\.json$/, ''), device, transcript }));
    });
}

/** Whose step it is; undefined for all. */
export function deviceOf(step: Step): string | undefined {
  if ('connect' in step) return step.connect;
  if ('disconnect' in step) return step.disconnect;
  if ('from' in step) return step.from;
  if ('to' in step && 'message' in step) return step.to;
  if ('never_to' in step) return step.never_to;
  if ('never_from' in step) return step.never_from;
  return 'at' in step ? step.at : undefined;
}

/** What the names of a transcript stand for: `crates/conformance/src/pattern.rs` says how. */
export class Names {
  readonly #bound = new Map<string, Json>();
  #numbers = 0;

  /** Whether the message is as the pattern says. Binds names only then. */
  fits(pattern: Json, message: Json | undefined): boolean {
    const fresh = new Map<string, Json>();
    if (!this.#compare(pattern, message, fresh)) return false;
    for (const [name, value] of fresh) this.#bound.set(name, value);
    return true;
  }

  #compare(pattern: Json, found: Json | undefined, fresh: Map<string, Json>): boolean {
    if (pattern === '$absent') return found === undefined;
    if (found === undefined) return false;
    if (typeof pattern === 'string' && pattern.startsWith('$')) {
      const known = this.#bound.get(pattern) ?? fresh.get(pattern);
      if (known === undefined) fresh.set(pattern, found);
      return known === undefined || known === found;
    }
    const most = limit(pattern);
    if (most !== undefined) return typeof found === 'number' && found > 0 && found <= most;
    if (Array.isArray(pattern)) {
      if (!Array.isArray(found) || found.length !== pattern.length) return false;
      return pattern.every((item, index) => this.#compare(item, found[index], fresh));
    }
    if (typeof pattern === 'object' && pattern !== null) {
      if (typeof found !== 'object' || found === null || Array.isArray(found)) return false;
      return Object.entries(pattern).every(([field, value]) => this.#compare(value, found[field], fresh));
    }
    return pattern === found;
  }

  /** The pattern with every name filled in. */
  fill(pattern: Json): Json {
    if (typeof pattern === 'string' && pattern.startsWith('$')) {
      const value = this.#bound.get(pattern) ?? this.#makeUp(pattern);
      this.#bound.set(pattern, value);
      return value;
    }
    const most = limit(pattern);
    if (most !== undefined) return most;
    if (Array.isArray(pattern)) return pattern.map((item) => this.fill(item));
    if (typeof pattern === 'object' && pattern !== null) {
      const fields = Object.entries(pattern).filter(([, value]) => value !== '$absent');
      return Object.fromEntries(fields.map(([field, value]) => [field, this.fill(value)]));
    }
    return pattern;
  }

  #makeUp(name: string): Json {
    this.#numbers += 1;
    if (name.startsWith('$call')) {
      return `01a20000-0000-7000-8000-${String(this.#numbers).padStart(12, '0')}`;
    }
    return name.startsWith('$rev') ? this.#numbers : `${name.slice(1)}.${this.#numbers}`;
  }
}

function limit(pattern: Json): number | undefined {
  const match = typeof pattern === 'string' ? /^~(\d+)$/.exec(pattern) : null;
  return match ? Number(match[1]) : undefined;
}
