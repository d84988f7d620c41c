/** The timeline, newest at the top; above it what is still on its way. */
import { useEffect, useState } from 'preact/hooks'
import type { Post } from '../channels.js'
import { me } from '../shell/me.js'
import { useValue } from '../shell/value.js'
import { type Liking, useLikes } from './likes.js'
import { drafts } from './outgoing.js'
import type { Timeline } from './timeline.js'

export function Posts({ timeline }: { readonly timeline: Timeline }) {
  const entries = useValue(timeline.entries)
  const ids = new Set(entries.map((entry) => (entry.kind === 'post' ? entry.post.id : entry.id)))
  const waiting = useValue(drafts.waiting).filter(({ id }) => !ids.has(id))
  const [likes, turn] = useLikes()
  useEffect(() => drafts.settle(({ id }) => ids.has(id)), [entries])
  useMinutes()
  return (
    <ol class="timeline">
      {waiting.toReversed().map((draft) => (
        <li key={draft.id}>
          <Written post={draft} state={draft.kept ? 'kept until there is a connection' : 'on its way'} />
        </li>
      ))}
      {entries.map((entry) => (
        <li key={entry.kind === 'post' ? entry.post.id : entry.id}>
          {entry.kind === 'gap' ? (
            <p class="hole">{entry.missed ?? 'Some'} posts of this author are no longer kept.</p>
          ) : (
            <Written post={entry.post} liking={likes(entry.post.id)} onLike={() => turn(entry.post.id)} />
          )}
        </li>
      ))}
      {entries.length + waiting.length === 0 && <li class="hole">You follow nobody who has written anything.</li>}
    </ol>
  )
}

interface WrittenProps {
  readonly post: Post
  /** Of one that is not yet a message. */
  readonly state?: string
  readonly liking?: Liking
  readonly onLike?: () => void
}

function Written({ post: { id, author, name, text, at }, state, liking, onLike }: WrittenProps) {
  return (
    <article class={`post${author === me ? ' mine' : ''}`} data-post={id} data-state={state ? 'waiting' : 'posted'}>
      <header>
        <b dir="auto">{name}</b>
        <time dateTime={new Date(at).toISOString()}>{agoOf(at)}</time>
        {state && <span class="state">{state}</span>}
      </header>
      <p dir="auto">{text}</p>
      {liking && (
        <button
          type="button"
          class="like"
          aria-pressed={liking.mine}
          aria-label={`Like this post of ${name}: ${liking.count}`}
          data-waiting={liking.waiting}
          onClick={onLike}
        >
          <span aria-hidden="true">{liking.mine ? '♥' : '♡'}</span> {liking.count}
        </button>
      )}
    </article>
  )
}

function agoOf(at: number): string {
  const minutes = Math.floor((Date.now() - at) / 60_000)
  if (minutes < 1) return 'now'
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`
}

/** Draws again as time goes by. */
function useMinutes(): void {
  const [, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setTurn((turn) => turn + 1), 30_000)
    return () => clearInterval(timer)
  }, [])
}
