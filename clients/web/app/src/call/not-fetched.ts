/** What our own server gives could not be had: another try may have it, unlike what a browser cannot do. */
export class NotFetched extends Error {
  override readonly name = 'NotFetched';
}
