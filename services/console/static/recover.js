// A page that could not be served asks every two seconds whether it can be served now, and loads itself anew then.
"use strict";
(() => {
  const look = async () => {
    try {
      const answer = await fetch("/alive", { cache: "no-store" });
      if (answer.ok) {
        location.reload();
        return;
      }
    } catch {
      // the server is away, too: go on asking
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
})();
