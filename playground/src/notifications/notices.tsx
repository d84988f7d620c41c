/** The notices, newest first: where each leads, and whether it has been read. */
import { Button } from '../parts/button.js'
import { type Entry, entries, markRead } from '../shell/inbox.js'
import { useValue } from '../shell/value.js'

export function Notices() {
  const all = useValue(entries)
  if (all.length === 0) return <p class="nothing">Nothing has come yet. On this page are three ways to change that.</p>
  return (
    <ol class="notices">
      {all.map((entry) => (
        <Line key={entry.offset} entry={entry} />
      ))}
    </ol>
  )
}

function Line({ entry: { offset, notice, read } }: { readonly entry: Entry }) {
  const { title, text, href, at } = notice
  const time = new Date(at)
  const elsewhere = href !== location.pathname
  return (
    <li data-read={read}>
      <div>
        <h3>
          {!read && <span class="unseen">Unread: </span>}
          {title}
        </h3>
        <time dateTime={time.toISOString()}>{time.toLocaleTimeString('en-GB')}</time>
        <p>{text}</p>
      </div>
      <div class="acts">
        {elsewhere && (
          <a href={href} onClick={() => markRead(offset)} aria-label={`Open what "${title}" is about`}>
            Open
          </a>
        )}
        {!read && (
          <Button
            aria-label={`Mark "${title}" of ${time.toLocaleTimeString('en-GB')} read`}
            onClick={() => markRead(offset)}
          >
            Read
          </Button>
        )}
      </div>
    </li>
  )
}
