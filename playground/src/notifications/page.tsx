/** Notifications: what came for this visitor, what of it is unread, and ways to make some come. */
import './notifications.css'
import { Button } from '../parts/button.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { askPermission, type Permission, permission } from '../shell/desktop.js'
import { lost, markAllRead, unread } from '../shell/inbox.js'
import { me } from '../shell/me.js'
import { useValue } from '../shell/value.js'
import { Make } from './make.js'
import { Notices } from './notices.js'

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/notifications.ts', () => import('../../server/notifications.ts?raw')],
  ['Page', 'playground/src/shell/inbox.ts', () => import('../shell/inbox.ts?raw')],
  ['React', 'playground/src/notifications/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Notifications() {
  return (
    <div class="page notifications">
      <header class="title">
        <h1>Notifications</h1>
        <p class="lead">
          Only you can read these. Their number stands in every tab you have open; what you read in one is read in all.
          Ask for one and cut your network, or go to another page: it comes.
        </p>
      </header>
      <div class="inbox">
        <section aria-labelledby="inbox">
          <Head />
          {me === 'guest' ? (
            <p class="nothing">Without cookies nothing can be yours alone: allow them here.</p>
          ) : (
            <Notices />
          )}
          <Lost />
        </section>
        <div class="ways">
          <Make />
          <Desktop />
        </div>
      </div>
      <Panel files={files}>
        <p>
          Each visitor has a channel, <code>notices/{me}</code> for you. Its rule lets nobody else subscribe: others get{' '}
          <code>forbidden</code>, whatever transport they try. All tabs share one connection, so it is read once for all
          of them.
        </p>
        <p>
          What has been read is a second channel: marks that only add up. “All” means everything up to the newest that
          you saw, so a mark that waited in the outbox of a phone never takes back what was marked since.
        </p>
      </Panel>
    </div>
  )
}

function Head() {
  const count = useValue(unread)
  return (
    <div class="head">
      <h2 id="inbox">
        <span role="status">{count === 0 ? 'Nothing unread' : `${count} unread`}</span>
      </h2>
      <Button disabled={count === 0} onClick={markAllRead}>
        Mark all read
      </Button>
    </div>
  )
}

function Lost() {
  const count = useValue(lost)
  return count > 0 ? <p class="nothing">{count} older ones are no longer kept.</p> : null
}

const permissions: Readonly<Record<Permission, string>> = {
  default: 'Your desktop can show them while you look elsewhere.',
  granted: 'Your desktop shows them while you look elsewhere.',
  denied: 'Your browser has been told not to show them; its settings for this page can change that.',
  unsupported: 'This browser does not show notifications of a page.',
}

function Desktop() {
  const now = useValue(permission)
  return (
    <section class="way" aria-labelledby="desktop">
      <h2 id="desktop">Outside of this page</h2>
      <p>{permissions[now]}</p>
      {now === 'default' && <Button onClick={askPermission}>Show them on my desktop</Button>}
    </section>
  )
}
