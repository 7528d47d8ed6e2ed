/** The script by which a shop's page opens a checkout: `Checkout.configure({ session: { id } })`, then `Checkout.showPaymentPage()`. */
export const checkout = `(function () {
  "use strict";
  var script = document.currentScript;
  var origin = new URL(script.src, location.href).origin;
  var session = null;
  function tell(name, value) {
    var target = script.getAttribute("data-" + name);
    if (!target) return;
    if (typeof window[target] === "function") window[target](value);
    else if (/^https?:/.test(target)) location.assign(target);
  }
  function failed(cause, explanation, field) {
    tell("error", { cause: cause, explanation: explanation, field: field });
  }
  window.Checkout = {
    configure: function (configuration) {
      var id = configuration && configuration.session && configuration.session.id;
      if (typeof id === "function") id = id();
      if (typeof id !== "string" || !/^[\\x21-\\x7e]{31,35}$/.test(id)) {
        session = null;
        failed("INVALID_REQUEST", "session.id is 31 to 35 characters", "session.id");
        return;
      }
      session = id;
    },
    showPaymentPage: function () {
      if (session === null) failed("INVALID_REQUEST", "Checkout.configure() comes first", "session.id");
      else location.assign(origin + "/checkout/pay/" + encodeURIComponent(session) + "?checkoutVersion=1.0.0");
    },
    showEmbeddedPage: function () {
      failed("INVALID_REQUEST", "The sandbox has no embedded page");
    }
  };
})();
`

/** What the sandbox's own shop does with that script. */
export const shop = `(function () {
  "use strict";
  var button = document.getElementById("pay");
  window.shopError = function (error) {
    var line = document.getElementById("error");
    line.textContent = error.explanation;
    line.hidden = false;
  };
  button.addEventListener("click", function () {
    Checkout.configure({ session: { id: button.dataset.session } });
    Checkout.showPaymentPage();
  });
})();
`
