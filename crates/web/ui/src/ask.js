// Sends what a form would send, and gets a small answer instead of a page.

/** Resolves to the answer; rejects with a sentence for people, and what the page may now know. */
export async function ask(form, address, fields) {
  const body = new URLSearchParams(fields)
  body.set('token', form.elements.token.value)
  let response
  try {
    response = await fetch(address, { method: 'POST', body, headers: { accept: 'application/json' } })
  } catch {
    throw new Error('Waterline cannot be reached; check the network and try again.')
  }
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  const problem = new Error(answer.problem ?? 'Something went wrong; load the page again.')
  problem.seen = answer.seen
  // The sign-in is over, or a newer one made this page's forms stale.
  problem.stale = response.status === 403
  throw problem
}
