const $ = id => document.getElementById(id);
const preference = matchMedia('(prefers-color-scheme: dark)');
const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

// How a session ended, where the user should hear of it.
const notices = {
  Expired: 'Your session expired.',
  Revoked: 'You were signed out from elsewhere.',
  Replaced: 'Your session continued elsewhere; please sign in again.',
};

let busy = false, hasSession = false, hasOthers = false;

/* ---- the API ---- */

class Problem extends Error {
  constructor(title, detail = '', status = 0) {
    super(title);
    Object.assign(this, { detail, status });
  }
}

// Relative addresses, so that the page also works under a path base. Answers stay text: values are shown as they were sent.
async function call(method, path, json) {
  let response, text;
  try {
    const headers = json === undefined ? {} : { 'Content-Type': 'application/json' };
    response = await fetch(path, { method, headers, body: json, cache: 'no-store' });
    text = await response.text();
  } catch {
    throw new Problem('The server can’t be reached.', 'Nothing is known to have changed. Please try again.');
  }
  if (response.ok) return text;

  let body = null;
  try { body = JSON.parse(text); } catch { /* not every error has a JSON body */ }
  const details = [body?.detail, ...Object.values(body?.errors ?? {}).flat()];
  const wait = Number(response.headers.get('Retry-After'));
  if (wait > 0) details.push(`Try again in ${wait} s.`);
  throw new Problem(body?.title ?? `The server answered ${response.status}.`, details.filter(Boolean).join(' '), response.status);
}

const read = async path => JSON.parse(await call('GET', path));
const valuePath = key => `values/${encodeURIComponent(key)}`;

// URL parsers resolve these two as path segments, percent-encoded or not.
const isAddressable = key => key !== '.' && key !== '..';

// The text itself when it is JSON: parsing and writing it anew would round large numbers.
function toJson(text) {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

// null when another tab removed the value after the keys were listed.
async function readValue(key) {
  try {
    return await call('GET', valuePath(key));
  } catch (problem) {
    if (problem.status === 404) return null;
    throw problem;
  }
}

async function refresh() {
  const [me, session, keys] = await Promise.all([read('account/me'), read('account/session'), read('values')]);
  const listed = keys.filter(isAddressable).sort();
  const values = await Promise.all(listed.map(async key => [key, await readValue(key)]));
  const devices = me.authenticated ? await read('account/devices') : [];
  render(me, session, devices, values.filter(([, json]) => json !== null));
}

/* ---- what is shown ---- */

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function render(me, session, devices, values) {
  hasSession = session.createdAt !== null;

  const notice = notices[session.previousSessionEnd] ?? '';
  // Setting the same text again would have it read out again.
  if ($('notice').textContent !== notice) $('notice').textContent = notice;

  $('who').replaceChildren(...me.authenticated
    ? ['Signed in as ', element('strong', { textContent: me.userId }), '.']
    : ['Nobody is signed in.']);
  $('sign-in').hidden = me.authenticated;
  $('signed-in').hidden = !me.authenticated;

  $('no-session').hidden = hasSession;
  $('facts').hidden = !hasSession;
  $('session-id').textContent = `${session.sessionId.slice(0, 8)}…`;
  $('session-id').title = session.sessionId;
  showTime('created', session.createdAt);
  showTime('last-seen', session.lastSeenAt);
  showTime('expires', session.expiresAt);

  $('devices-section').hidden = !me.authenticated;
  $('devices').replaceChildren(...devices.map(deviceRow));
  hasOthers = devices.length > 1;

  renderValues(values);
  const theme = values.find(([key]) => key === 'theme');
  applyTheme(theme && JSON.parse(theme[1]));
  $('main').classList.remove('loading');
}

function showTime(id, value) {
  $(id).dateTime = value ?? '';
  $(id).textContent = value ? timeFormat.format(new Date(value)) : '–';
}

function deviceRow(device) {
  const name = `${device.sessionId.slice(0, 8)}…`;
  const time = value => element('time', { dateTime: value, textContent: timeFormat.format(new Date(value)) });
  const signOut = () => device.thisOne
    ? act('POST', 'account/logout', undefined, () => $('who'))
    : act('DELETE', `account/devices/${device.sessionId}`, undefined, () => $('devices-title'));
  return element('tr', {},
    element('th', { scope: 'row', title: device.sessionId }, element('code', { textContent: name }),
      ...(device.thisOne ? [' ', element('span', { className: 'badge', textContent: 'this one' })] : []),
      ...(device.remembered ? [' ', element('span', { className: 'badge', textContent: 'remembered' })] : [])),
    element('td', {}, time(device.createdAt)),
    element('td', {}, time(device.lastSeenAt)),
    element('td', {}, element('div', { className: 'actions' },
      element('button', { type: 'button', textContent: 'Sign out', ariaLabel: `Sign out ${device.thisOne ? 'here' : name}`, onclick: signOut }))));
}

function renderValues(values) {
  const open = new Map([...$('values').querySelectorAll('.editing')].map(row => [row.dataset.key, row]));
  // A row that is being edited stays as it is: what was typed must survive a refresh.
  const rows = values.map(([key, json]) => open.get(key) ?? valueRow(key, json));
  const none = element('tr', {}, element('td', { colSpan: 3, className: 'none', textContent: 'Nothing is stored.' }));
  $('values').replaceChildren(...(rows.length ? rows : [none]));
}

function valueRow(key, json) {
  const row = element('tr');
  row.dataset.key = key;
  const action = (label, onclick) =>
    element('button', { type: 'button', textContent: label, ariaLabel: `${label} ${key}`, onclick });
  const fill = (value, ...actions) => row.replaceChildren(
    element('th', { scope: 'row', textContent: key }),
    element('td', {}, value),
    element('td', {}, element('div', { className: 'actions' }, ...actions)));

  const input = element('textarea', { rows: 1, ariaLabel: `Value of ${key}`, autocomplete: 'off', spellcheck: false });
  const save = () => run(async () => {
    await call('PUT', valuePath(key), toJson(input.value));
    row.classList.remove('editing');
    await refresh();
  }, () => focusable(key));
  const view = () => {
    row.classList.remove('editing');
    fill(element('code', { textContent: json }), action('Edit', edit), action('Remove', remove));
  };
  const cancel = () => {
    view();
    row.querySelector('button').focus();
  };
  const edit = () => {
    row.classList.add('editing');
    input.value = json;
    fill(input, action('Save', save), action('Cancel', cancel));
    input.focus();
  };
  const remove = () => {
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.dataset.key;
    run(async () => {
      await call('DELETE', valuePath(key));
      await refresh();
    }, () => focusable(next) ?? $('key'));
  };
  input.onkeydown = event => {
    if (event.isComposing || busy) return;
    if (event.key === 'Escape') cancel();
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    save();
  };
  view();
  return row;
}

function focusable(key) {
  return [...$('values').rows].find(row => row.dataset.key === key)?.querySelector('button');
}

// Anything but these two, or nothing: the browser's preference.
function applyTheme(theme) {
  const root = document.documentElement;
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  else delete root.dataset.theme;
  $('theme').ariaChecked = String(isDark());
}

const isDark = () => (document.documentElement.dataset.theme ?? (preference.matches ? 'dark' : 'light')) === 'dark';

function showProblem(problem) {
  $('alert-text').replaceChildren(element('strong', { textContent: problem.message }), problem.detail ?? '');
  $('alert-button').textContent = isLoading() ? 'Try again' : 'Dismiss';
  $('alert-button').hidden = false;
}

function clearProblem() {
  $('alert-text').replaceChildren();
  $('alert-button').hidden = true;
}

const isLoading = () => $('main').classList.contains('loading');

/* ---- what is done ---- */

function setBusy(value) {
  busy = value;
  for (const button of document.querySelectorAll('button')) button.disabled = busy;
  $('destroy').disabled ||= !hasSession;
  $('sign-out-elsewhere').disabled ||= !hasOthers;
  // Until the session's theme is known, the switch can't tell which way it goes.
  $('theme').disabled ||= isLoading();
}

// One thing at a time; focusNext gives the element to go on from after success.
async function run(work, focusNext) {
  if (busy) return;
  const origin = document.activeElement;
  let target = origin;
  setBusy(true);
  try {
    await work();
    clearProblem();
    target = focusNext?.() ?? origin;
  } catch (problem) {
    showProblem(problem);
    // The session ended meanwhile: show what is true now.
    if (problem.status === 409) await refresh().catch(() => {});
  } finally {
    setBusy(false);
  }
  // A disabled button loses the focus: give it back, unless the user went elsewhere.
  if ([origin, document.body, null].includes(document.activeElement)) target?.focus();
}

const act = (method, path, json, focusNext) => run(async () => {
  await call(method, path, json);
  await refresh();
}, focusNext);

$('sign-in').onsubmit = event => {
  event.preventDefault();
  act('POST', 'account/login', JSON.stringify({ userId: $('user-id').value.trim(), rememberMe: $('remember-me').checked }), () => $('who'));
};
$('sign-out').onclick = () => act('POST', 'account/logout', undefined, () => $('who'));
$('destroy').onclick = () => act('DELETE', 'account/session', undefined, () => $('who'));
$('sign-out-elsewhere').onclick = () => act('DELETE', 'account/devices', undefined, () => $('devices-title'));
$('theme').onclick = () => act('PUT', 'values/theme', JSON.stringify(isDark() ? 'light' : 'dark'));

$('key').oninput = () => $('key').setCustomValidity(
  isAddressable($('key').value) ? '' : 'The keys “.” and “..” can’t be part of an address. Please choose another.');
$('add').onsubmit = event => {
  event.preventDefault();
  run(async () => {
    await call('PUT', valuePath($('key').value), toJson($('value').value));
    $('add').reset();
    await refresh();
  }, () => $('key'));
};

$('alert-button').onclick = () => isLoading() ? run(refresh) : clearProblem();
preference.onchange = () => { $('theme').ariaChecked = String(isDark()); };
// Whoever comes back to the page sees how the session stands now; a timer would keep it alive for nobody.
document.addEventListener('visibilitychange', () => { if (!document.hidden) run(refresh); });
applyTheme();
run(refresh);
