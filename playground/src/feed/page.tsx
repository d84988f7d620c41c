/** Feed: whom one follows, what they write, and what one writes oneself. */
import './feed.css'
import { useEffect, useMemo } from 'preact/hooks'
import type { Author } from '../channels.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { useKeys } from '../shell/keys.js'
import { me } from '../shell/me.js'
import { useOthers } from '../shell/people.js'
import { useValue } from '../shell/value.js'
import { Composer } from './composer.js'
import { follows } from './follows.js'
import { People } from './people.js'
import { Posts } from './posts.js'
import { Timeline } from './timeline.js'

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/feed.ts', () => import('../../server/feed.ts?raw')],
  ['Page', 'playground/src/feed/timeline.ts', () => import('./timeline.ts?raw')],
  ['React', 'playground/src/feed/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Feed() {
  const authors = useKeys<Author>('feed/authors')
  const followed = useValue(follows)
  const here = new Set(useOthers('playground').map(({ id }) => id))
  const timeline = useMemo(() => new Timeline(), [])
  useEffect(() => timeline.follow(new Set([...followed, me])), [timeline, followed])
  useEffect(() => () => timeline.close(), [timeline])
  return (
    <div class="page feed">
      <header class="title">
        <h1>Feed</h1>
        <p class="lead">
          To follow somebody is to subscribe to their channel, on the line that is open anyway. Write here, follow
          yourself in another browser, and cut the network: what you write goes out when it is back.
        </p>
      </header>
      <div class="stream">
        <Composer />
        <People authors={[...authors.values()]} followed={followed} here={here} />
        <section aria-label="Timeline">
          <Posts timeline={timeline} />
        </section>
      </div>
      <Panel files={files} channel="feed/authors">
        <p>
          Every author is a channel of fifty posts, which only they may write to. The page holds one subscription for
          each author that you follow, each <code>from: 'last-20'</code>, and puts what comes in the order of its time.
          “Follow everybody” begins a dozen of them at once: they leave as one request. Unfollowing ends one; the others
          do not notice.
        </p>
        <p>
          Who writes is a channel with a key for each author, likes are one with a key for each post: the rule keeps who
          likes it and publishes the list. The dot beside a name is presence: they have a page of the playground open.
          Likes and posts wait in the outbox while there is no network.
        </p>
      </Panel>
    </div>
  )
}
