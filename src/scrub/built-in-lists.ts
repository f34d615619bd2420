// The warninglists that every node has: what the RFCs set aside, resolvers that everybody asks, files that say nothing, and
// sites that everybody visits. Ours, and short: longer ones are read from MISP's lists where a home names a folder of them.

import type { Warninglist } from "./warninglist.ts";

const ADDRESSES = ["ip"] as const;
const HOSTS = ["domain", "url"] as const;
const HASHES = ["hash"] as const;

const DOCUMENTATION: Warninglist = {
  name: "documentation addresses",
  version: 1,
  type: "cidr",
  kinds: ADDRESSES,
  // RFC 5737, RFC 3849, RFC 9637.
  list: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
};

const SPECIAL_ADDRESSES: Warninglist = {
  name: "special-use addresses",
  version: 1,
  type: "cidr",
  kinds: ADDRESSES,
  list: [
    "0.0.0.0/8", // RFC 791
    "100.64.0.0/10", // RFC 6598
    "127.0.0.0/8", // RFC 1122
    "169.254.0.0/16", // RFC 3927
    "192.0.0.0/24", // RFC 6890
    "192.88.99.0/24", // RFC 7526
    "198.18.0.0/15", // RFC 2544
    "224.0.0.0/4", // RFC 5771
    "240.0.0.0/4", // RFC 1112, with the broadcast address of RFC 919
    "::/128", // RFC 4291
    "::1/128", // RFC 4291
    "::ffff:0:0/96", // RFC 4291
    "64:ff9b::/96", // RFC 6052
    "64:ff9b:1::/48", // RFC 8215
    "100::/64", // RFC 6666
    "2001::/23", // RFC 2928
    "2002::/16", // RFC 3056
    "fe80::/10", // RFC 4291
    "ff00::/8", // RFC 4291
  ],
};

const SPECIAL_DOMAINS: Warninglist = {
  name: "special-use domains",
  version: 1,
  type: "hostname",
  kinds: HOSTS,
  list: [
    ...["test", "example", "invalid", "localhost", "example.com", "example.net", "example.org"], // RFC 6761, RFC 2606
    ...["in-addr.arpa", "ip6.arpa"], // RFC 1035, RFC 3596
    "local", // RFC 6762
    "onion", // RFC 7686
    "home.arpa", // RFC 8375
    "ipv4only.arpa", // RFC 8880
    "resolver.arpa", // RFC 9462
    "alt", // RFC 9476
  ],
};

const RESOLVERS: Warninglist = {
  name: "public resolvers",
  version: 1,
  type: "cidr",
  kinds: ADDRESSES,
  list: [
    ...["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"],
    ...["1.1.1.1", "1.0.0.1", "1.1.1.2", "1.0.0.2", "1.1.1.3", "1.0.0.3"],
    ...["2606:4700:4700::1111", "2606:4700:4700::1001"],
    ...["9.9.9.9", "149.112.112.112", "9.9.9.10", "149.112.112.10", "2620:fe::fe", "2620:fe::9"],
    ...["208.67.222.222", "208.67.220.220", "208.67.222.123", "208.67.220.123"],
    ...["94.140.14.14", "94.140.15.15", "4.2.2.1", "4.2.2.2", "64.6.64.6", "64.6.65.6", "76.76.2.0", "76.76.10.0"],
    ...["185.228.168.9", "185.228.169.9", "77.88.8.8", "77.88.8.1", "223.5.5.5", "223.6.6.6", "119.29.29.29"],
    ...["114.114.114.114", "114.114.115.115", "180.76.76.76", "193.110.81.0", "185.253.5.0"],
  ],
};

/** Of no bytes, and of one line break. */
const EMPTY_FILES: Warninglist = {
  name: "empty files",
  version: 1,
  type: "string",
  kinds: HASHES,
  list: [
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    "68b329da9893e34099c7d8ad5cb9c940",
    "adc83b19e793491b1c6ea0fd8b46cd9f32e592fc",
    "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
    "be688838ca8686e5c90689bf2ab585cef1137c999b48c70b92f67a5c34dc15697b5d11c982ed6d71be1e1e7f7b4e0733884aa97c3f7a339a8ed03577cf74be09",
  ],
};

/** The test file of EICAR: 68 bytes, and with a line break. */
const EICAR: Warninglist = {
  name: "EICAR test file",
  version: 1,
  type: "string",
  kinds: HASHES,
  list: [
    "44d88612fea8a8f36de82e1278abb02f",
    "3395856ce81f2b7382dee72602f798b642f14140",
    "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
    "69630e4574ec6798239b091cda43dca0",
    "cf8bd9dfddff007f75adf4c2be48005cea317c62",
    "131f95c51cc819465fa1797f6ccacf9d494aaaff46fa3eac73ae63ffbdfd8267",
    "cc805d5fab1fd71a4ab352a9c533e65fb2d5b885518f4e565e68847223b8e6b85cb48f3afad842726d99239c9e36505c64b0dc9a061d9e507d833277ada336ab",
    "5581f85b25f0d80fa84c69e7ca24d98344f5fbaec45b7707dccf139a8c065961391d6e762516ee1db3137c4d82eca7fbc67c348c37ea0d615bb88161cf3b3008",
  ],
};

/** By hand: whoever blocks one of these blocks half of the work of the house. */
const SITES: Warninglist = {
  name: "sites that everybody visits",
  version: 1,
  type: "hostname",
  kinds: HOSTS,
  list: (
    "adobe.com akamai.net akamaiedge.net akamaized.net amazon.com amazonaws.com android.com apache.org apple.com archive.org arxiv.org " +
    "atlassian.com azure.com azureedge.net baidu.com bbc.co.uk bbc.com bing.com bit.ly blogger.com blogspot.com booking.com box.com " +
    "canonical.com cdc.gov chatgpt.com cisa.gov cisco.com cloudflare.com cloudfront.net cnn.com debian.org digicert.com discord.com docker.com " +
    "docs.google.com dropbox.com duckduckgo.com ebay.com europa.eu facebook.com fastly.net fbcdn.net github.com github.io githubusercontent.com " +
    "gitlab.com gmail.com gnu.org godaddy.com google.com googleapis.com googletagmanager.com googleusercontent.com gov.uk gravatar.com " +
    "gstatic.com hotmail.com ibm.com icann.org icloud.com ietf.org instagram.com intuit.com jquery.com jsdelivr.net kernel.org letsencrypt.org " +
    "linkedin.com live.com mastercard.com medium.com microsoft.com microsoftonline.com mit.edu mozilla.org msn.com netflix.com nginx.org " +
    "nist.gov nodejs.org npmjs.com ntp.org nytimes.com office.com office.net office365.com okta.com openai.com oracle.com outlook.com paypal.com " +
    "pinterest.com pypi.org python.org qq.com quora.com reddit.com redhat.com salesforce.com samsung.com sap.com sentry.io sharepoint.com " +
    "shopify.com skype.com slack.com snapchat.com sourceforge.net spotify.com stackoverflow.com steampowered.com stripe.com t.co t.me taobao.com " +
    "telegram.org tiktok.com trafficmanager.net twitch.tv twitter.com ubuntu.com unpkg.com verisign.com vimeo.com visa.com vmware.com w3.org " +
    "webex.com weibo.com whatsapp.com wikimedia.org wikipedia.org windows.com windows.net windowsupdate.com wordpress.com x.com yahoo.com " +
    "yandex.ru youtube.com youtu.be zendesk.com zoom.us"
  ).split(" "),
};

export const BUILT_IN_LISTS: readonly Warninglist[] = [
  DOCUMENTATION,
  SPECIAL_ADDRESSES,
  SPECIAL_DOMAINS,
  RESOLVERS,
  EMPTY_FILES,
  EICAR,
  SITES,
];
