/** What the two sides have agreed on: the codecs in use, and the descriptions in which they did. */
import type { CallReport, CodecReport, Description, PeerReport } from '@visavis/client/inspect';
import { useState } from 'preact/hooks';
import { i } from '../text/inspector.ts';
import { markedLines, negotiationsOf } from './sdp.ts';
import { sinceBegin, sortedPeers } from './words.ts';

export function Media({ report }: { readonly report: CallReport }) {
  const [peer] = sortedPeers(report);
  return (
    <>
      <h3>{i('media.codecs')}</h3>
      {peer && peer.codecs.length > 0 ? (
        <dl class="codecs">
          {peer.codecs.map((codec) => (
            <Codec key={`${codec.direction} ${codec.payload}`} codec={codec} />
          ))}
        </dl>
      ) : (
        <p class="report-lead">{i('media.codecs.none')}</p>
      )}
      <h3>{i('media.sdp')}</h3>
      {peer && peer.descriptions.length > 0 ? (
        <Descriptions peer={peer} />
      ) : (
        <p class="report-lead">{i('media.sdp.none')}</p>
      )}
    </>
  );
}

function Codec({ codec }: { readonly codec: CodecReport }) {
  const { direction, kind, mime, payload, clockRate, channels, fmtp } = codec;
  const facts = [
    mime.replace(/^\w+\//, ''),
    // That of pictures is always the same, and says nothing.
    kind === 'audio' && clockRate !== undefined && `${clockRate / 1_000} kHz`,
    channels !== undefined && i('codec.channels', { count: channels }),
    i('codec.payload', { number: payload }),
  ];
  return (
    <>
      <dt>{i(`codec.${direction}.${kind}`)}</dt>
      <dd>
        {facts.filter(Boolean).join(' · ')}
        {fmtp && <code class="codec-fmtp">{fmtp}</code>}
      </dd>
    </>
  );
}

function Descriptions({ peer }: { readonly peer: PeerReport }) {
  const negotiations = negotiationsOf(peer.descriptions);
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const shown = negotiations[chosen ?? negotiations.length - 1] ?? negotiations.at(-1);
  if (!shown) return null;
  return (
    <>
      <p class="report-lead">{i('media.sdp.lead')}</p>
      {negotiations.length > 1 && (
        <label class="report-choice">
          <span>{i('media.negotiation')}</span>
          <select
            value={negotiations.indexOf(shown)}
            onChange={({ currentTarget }) => setChosen(Number(currentTarget.value))}
          >
            {negotiations.map(({ at }, index) => (
              <option key={at} value={index}>
                {sinceBegin(at)}
              </option>
            ))}
          </select>
        </label>
      )}
      <div class="sdp-sides">
        <Side side="ours" description={shown.here} other={shown.there} codecs={peer.codecs} />
        <Side side="theirs" description={shown.there} other={shown.here} codecs={peer.codecs} />
      </div>
    </>
  );
}

interface SideProps {
  readonly side: 'ours' | 'theirs';
  readonly description: Description | undefined;
  readonly other: Description | undefined;
  readonly codecs: readonly CodecReport[];
}

function Side({ side, description, other, codecs }: SideProps) {
  if (!description) return null;
  const title = i(`media.${side}`, { type: description.type });
  return (
    <figure class="sdp-side">
      <figcaption>{title}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section class="sdp" tabIndex={0} aria-label={title}>
        <pre>
          {markedLines(description.sdp, other?.sdp, codecs).map(({ text, mark }, index) =>
            mark === 'plain' ? (
              <span key={index}>{text}</span>
            ) : (
              <mark key={index} data-mark={mark}>
                {text}
              </mark>
            ),
          )}
        </pre>
      </section>
    </figure>
  );
}
