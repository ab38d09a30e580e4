/** Asks the server over HTTP. Nothing here throws: what failed is part of the answer. */
import type { ApiError } from '@visavis/client';

/** What came back. */
export type Answer<T> =
  | { readonly type: 'ok'; readonly value: T }
  | { readonly type: 'refused'; readonly status: number; readonly error: ApiError }
  /** No answer, or none that this server would give. */
  | { readonly type: 'unreachable' };

/** How long an answer may take. */
const TIMEOUT_MS = 15_000;

/** Reads. `T` is what the server's own types say of this path. */
export function read<T>(path: string): Promise<Answer<T>> {
  return ask<T>(path, { method: 'GET' });
}

/** Sends a JSON body; without one, an empty object. */
export function post<T>(path: string, body: object = {}): Promise<Answer<T>> {
  return ask<T>(path, withBody('POST', body));
}

/** Puts a JSON body in the place of what is there. */
export function put<T>(path: string, body: object = {}): Promise<Answer<T>> {
  return ask<T>(path, withBody('PUT', body));
}

/** Changes what the JSON body names. */
export function patch<T>(path: string, body: object): Promise<Answer<T>> {
  return ask<T>(path, withBody('PATCH', body));
}

/** Takes away. */
export function remove(path: string): Promise<Answer<unknown>> {
  return ask(path, { method: 'DELETE' });
}

function withBody(method: string, body: object): RequestInit {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function ask<T>(path: string, request: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      ...request,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const value: unknown = text === '' ? {} : JSON.parse(text);
    if (response.ok) return { type: 'ok', value: value as T };
    if (isApiError(value)) return { type: 'refused', status: response.status, error: value };
    return { type: 'unreachable' };
  } catch {
    return { type: 'unreachable' };
  }
}

function isApiError(value: unknown): value is ApiError {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}
