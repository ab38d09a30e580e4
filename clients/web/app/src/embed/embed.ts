/** `embed.js`: `<visavis-call>` for any page, which loads it from the server through which it calls. */
import { VisavisCall } from '@visavis/client/element';

const here = import.meta.url;
VisavisCall.server = new URL('/', here).href;
