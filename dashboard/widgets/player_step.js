// Tells the server at which step the player stands, once its slider has come to rest.
const PLAYER = '[class*="st-key-player-"] .js-plotly-plot';
const REST = 250; // milliseconds without another step
const page = { report: null, timer: null };
const players = new MutationObserver(attach); // each task brings a new player

export default function ({ setTriggerValue }) {
  page.report = (step) => setTriggerValue("step", step);
  attach();
  players.observe(document.body, { childList: true, subtree: true });
  return () => {
    players.disconnect();
    clearTimeout(page.timer);
  };
}

function attach() {
  const player = document.querySelector(PLAYER);
  if (!player?._transitionData || player.watched) return;
  player.watched = true;
  player.on("plotly_animatingframe", ({ name }) => {
    player.step = Number(name);
    waitForRest(player);
  });
  player.on("plotly_animationinterrupted", () => waitForRest(player));
}

function waitForRest(player) {
  clearTimeout(page.timer);
  page.timer = setTimeout(() => {
    const playing = player._transitionData._frameQueue?.length > 0;
    if (!playing && player.isConnected && Number.isInteger(player.step)) page.report(player.step);
  }, REST);
}
