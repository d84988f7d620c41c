/** The front page: the newest headline large, the others below it. */
import { useMemo, useState } from 'preact/hooks'
import type { Entry } from './paper.js'
import type { Lost, Printed } from './stream.js'

const room = 40
const freshMs = 5000
/** One for all: to make a formatter takes a millisecond. */
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' })

export function Front({ entries }: { readonly entries: readonly Entry[] }) {
  const lead = entries.find((entry) => entry.kind === 'headline')
  const others = entries.filter((entry) => entry !== lead).slice(0, room)
  return (
    <section class="front" aria-label="Headlines">
      {lead?.kind === 'headline' ? (
        <Article key={lead.id} headline={lead} isLead />
      ) : (
        <p class="none">Nothing has been printed here yet.</p>
      )}
      {others.length > 0 && (
        <ol>
          {others.map((entry) => (
            <li key={entry.id}>
              {entry.kind === 'gap' ? <Missing gap={entry} /> : <Article headline={entry} isLead={false} />}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function Article({ headline, isLead }: { readonly headline: Printed; readonly isLead: boolean }) {
  const [isFresh] = useState(Date.now() - headline.at < freshMs)
  // The same element as before is not compared again.
  return useMemo(() => <Printing headline={headline} look={lookOf(isLead, isFresh)} />, [headline, isLead])
}

const lookOf = (isLead: boolean, isFresh: boolean) => `headline${isLead ? ' first' : ''}${isFresh ? ' fresh' : ''}`

function Printing({ headline, look }: { readonly headline: Printed; readonly look: string }) {
  const { title, text, place, desk, urgent, at } = headline
  const time = new Date(at)
  return (
    <article class={look} data-desk={desk}>
      <p class="from">
        <time dateTime={time.toISOString()}>{clock.format(time)}</time>
        <span>{desk}</span>
        {urgent && <strong>urgent</strong>}
      </p>
      <h2 dir="auto">{title}</h2>
      <p dir="auto">
        <span class="place">{place}</span> {text}
      </p>
    </article>
  )
}

function Missing({ gap: { desk, missed, reason } }: { readonly gap: Lost }) {
  const what = missed === undefined ? 'Some headlines' : missed === 1 ? 'One headline' : `${missed} headlines`
  return (
    <p class="missing">
      {reason === 'reset'
        ? `The server began anew: “${desk}” starts here.`
        : `${what} of “${desk}” are lost: you were away for longer than the desk keeps them.`}
    </p>
  )
}
