/** The server's rule, told before it has to say so. */
const LEAST_CHARS = 8;

/** Whether the server would refuse a new password for its length, counted in characters as people see them. */
export function isTooShort(password: string): boolean {
  return [...password].length < LEAST_CHARS;
}
