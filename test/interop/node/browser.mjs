// A browser for the tests: it handles cookies, redirects and forms. Any surprise ends it
// with an error.
import assert from 'node:assert/strict'

const { ISSUER, USERNAME, PASSWORD } = process.env

const cookies = new Map()

async function ask(address, form) {
  const response = await fetch(address, {
    method: form ? 'POST' : 'GET',
    body: form,
    redirect: 'manual',
    headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
  })
  for (const cookie of response.headers.getSetCookie()) {
    const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/)
    if (/max-age=0/i.test(cookie)) cookies.delete(name)
    else cookies.set(name, value)
  }
  return response
}

// visit fills in the forms and goes where they lead until they lead away from the issuer.
export async function visit(address) {
  let form
  for (let step = 0; step < 10; step++) {
    if (address.origin !== new URL(ISSUER).origin) return address
    const response = await ask(address, form)
    const page = await response.text()
    const next = response.headers.get('location') ?? refreshOf(page)
    if (next) {
      address = new URL(next, address)
      form = undefined
      continue
    }
    assert.equal(response.status, 200, `${address.pathname}: ${response.status}`)
    form = fillIn(page)
    address = new URL(address.pathname, ISSUER)
  }
  assert.fail('the redirects do not end')
}

// refreshOf returns where a page that goes on by itself leads.
function refreshOf(page) {
  return page.match(/<meta http-equiv="refresh" content="0; url=([^"]*)">/)?.[1].replaceAll('&amp;', '&').replaceAll('&#43;', '+')
}

function fillIn(page) {
  const form = new URLSearchParams()
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([a-z_]+)" value="([^"]*)">/g)) {
    form.append(name, value)
  }
  if (page.includes('action="/consent"')) {
    form.append('answer', 'allow')
  } else {
    assert.ok(page.includes('action="/login"'), page)
    form.append('username', USERNAME)
    form.append('password', PASSWORD)
  }
  return form
}
