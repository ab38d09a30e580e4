/** All stories side by side, as on a phone. */
import { STORIES } from './all-stories.ts';

/** Each in a frame of its own, so that sizes and themes are real. */
export function Index() {
  return (
    <div style={{ display: 'flex', flexWrap: 'wrap', gap: '24px', padding: '24px' }}>
      {Object.keys(STORIES).map((name) =>
        ['en&theme=light', 'zh-CN&theme=dark'].map((look) => (
          <figure key={name + look} style={{ margin: 0 }}>
            <figcaption>
              <a href={`?story=${name}&lang=${look}`}>{name}</a>
            </figcaption>
            <iframe
              title={`${name} ${look}`}
              src={`?story=${name}&lang=${look}`}
              width={390}
              height={780}
              loading="lazy"
              style={{ border: '1px solid #8888', borderRadius: '12px' }}
            />
          </figure>
        )),
      )}
    </div>
  );
}
