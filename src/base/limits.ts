// Every bound of the product in one table: unit last in the name, the reason beside it.
// A collection that grows without a bound here is a defect.

export const limits = {
  // Records and envelopes.
  recordBytesMax: 64 * 1024, // payload of any record but an epoch: one screen of text and a few hundred indicators
  wrapsBytesMax: 256 * 1024, // wraps of one epoch: 200 members under suite 2, 1,000 under suite 1
  envelopeBytesMax: 384 * 1024, // payload, wraps and header of the largest record, with room for the framing
  paddingStepBytes: 256, // lengths of sealed bodies tell only this much
  rosterHeadsMax: 16, // causal parents that one header may name: one for each steward that acts at once
  stewardsMax: 16, // so heads never exceed the above
  cborDepthMax: 12, // our deepest structure needs 6
  membersMax: 200, // suite 2: 1.2 KB of wrap each
  nodesPerOrgMax: 8, // sites and laptops of one org in a circle
  vouchesOpenMax: 32, // of one org, for orgs that are not in yet
  forkRecordsMax: 16, // carried by one proof of a fork
  freezeMaxMs: 24 * 3_600_000, // what one member may do to another alone
  freezeConfirmedMaxMs: 7 * 24 * 3_600_000, // and with a steward
  freezeEveryMs: 72 * 3_600_000, // one freeze of an org in this time
  stewardGoneMs: 7 * 24 * 3_600_000, // members vote for a new steward where none was about for so long
  contestMs: 7 * 24 * 3_600_000, // a removed steward may have said something meanwhile; for so long it is heard
  circlesMax: 256, // circles of one node
  closedPerOrgMax: 32, // closed circles by one org that a node comes into by itself
  lanesPerMemberMax: 16, // a restore opens a new lane; more is abuse
  laneWitnesses: 2, // members that must say how much of a lane they hold, before a copy of its author's home goes on in it
  laneAskMs: 1_500, // after a start a post waits this long for the first member to say so
  laneClaimMs: 10_000, // a member that claims to hold more of our lane than we do is waited for this long
  draftsHeldMax: 1_000, // posts of a circle that wait for the lane to be confirmed
  indicatorsPerRecordMax: 500,
  indicatorCharsMax: 2_048,
  textCharsMax: 16_000,
  titleCharsMax: 200,
  nameCharsMax: 64, // org, seat and circle names
  addressesPerMemberMax: 8,
  addressCharsMax: 256, // of one address
  pathsPerMemberMax: 4, // addresses that people agreed on for the day when the announced ones are gone
  pathsHeldMax: 120, // peers with such addresses: their index is one setting
  techniquesPerRecordMax: 32,
  linksPerRecordMax: 64, // records that one update adds to an incident

  // Epochs and keys.
  epochAgeMaxMs: 24 * 3_600_000, // rule 5: a new epoch a day heals a passive theft
  epochRecordsMax: 512, // rule 5: and after so many records of one author
  epochDepthMax: 2 ** 40, // an epoch a second for 30,000 years
  epochKeepMs: 30 * 24 * 3_600_000, // how long a superseded epoch secret still opens late records
  epochsHeldMax: 1_024, // of one circle: a month of daily epochs of 30 members; a flood of epochs forgets the oldest
  keyringBytesMax: 64 * 1024 * 1024, // 256 circles with that many epochs of 150 bytes each
  prekeyRotateMs: 24 * 3_600_000,
  prekeyKeepMs: 14 * 24 * 3_600_000,
  prekeysToldMax: 3, // of one member that an epoch may be wrapped to: those who mint hear of a new one at different times
  complaintsAheadMax: 64, // of one member of epochs that are not held: lanes come in any order
  mintStepMs: 200, // a rank waits so much longer than the one before: an epoch crosses an ocean meanwhile
  mintWaitMaxMs: 800, // and the last rank so long: an alert must not wait for a second
  admittedKeysMax: 4_096, // cache of verified public keys

  // Time.
  clockSkewMaxMs: 10 * 60_000, // a record dated further ahead is shown with our own time of receipt
  certificateYears: 5,
  momentMaxMs: 8.64e15, // the last moment of a calendar: a later one could not be shown

  // Key files and certificates.
  certificateBytesMax: 512, // the longest name in three-byte letters, three keys and two signatures need 452
  vaultBytesMax: 4 * 1024, // four seeds, two names and a certificate need under 1 KiB
  sealedFileBytesMax: 64 * 1024 * 1024, // the epoch keyring
  passphraseCharsMin: 8, // NIST SP 800-63B; the generated ones are longer
  passphraseCharsMax: 1_024,
  keySharesMax: 16, // of an org key on paper: more people than that is no plan
  scryptLog2NMin: 14, // a key file must not talk its reader into less work for a thief ...
  scryptLog2NMax: 20, // ... nor into more than 1 GiB of memory

  // Network.
  frameBytesMax: 512 * 1024, // one envelope of the largest kind fits
  sendBatchBytes: 64 * 1024, // frames packed into one send: 12 times the rate of one by one
  streamUnreadBytesMax: 1024 * 1024, // yamux window: a sync must not delay an alert
  syncPageBytes: 512 * 1024, // what a reader asks for at once
  syncPageRecords: 64, // committed with one fsync; an alert waits for as many, 50 ms, while a circle is caught up
  syncIntervalMs: 30_000, // anti-entropy when nothing else triggered it
  dialParallelMax: 16,
  dialTimeoutMs: 16_000,
  redialMaxMs: 60_000,
  relaysUsedMax: 2, // relays that one node may be reached through
  relayedMax: 1_000, // nodes that one relay answers for: five full circles
  relayedPerLinkMax: 200, // connections that a relay carries for one member: to everyone in its circle
  directEveryMs: 5 * 60_000, // a direct way to a peer that is linked over a relay is tried so often
  heartbeatMs: 5_000, // a link without bytes for this long is probed
  linkDeadMs: 20_000, // and cut after this long: dialled again and caught up half a minute after a router forgot it
  helloTimeoutMs: 8_000,
  joinTimeoutMs: 30_000,
  pushPeersMax: 64, // beyond it gossip carries the rest
  pushUnackedBytesMax: 1024 * 1024, // then the reader is left to catch up by sync
  inboundRecordsPerSecond: 4_000, // budget of one link, burst of ten seconds
  authorRecordsPerSecond: 100, // quota of one member, by what its own node tells and pushes of its lanes ...
  authorBurstRecords: 6_000, // ... and what it may send at once; more is read at that rate
  floodPauseMaxMs: 5_000, // between two batches of whoever is over its quota
  floodRecords: 20_000, // over its quota by that much a member is cut off: twice the largest import that anybody should make at once
  floodCutMs: 60_000, // the first time for so long, doubling ...
  floodCutMaxMs: 3_600_000, // ... up to this, and forgotten after as long in peace
  resealRecords: 256, // posts that one question asks to be opened
  resealPageBytes: 256 * 1024, // of openings, then an answer is full; one more of the largest fits the frame
  resealAsksPerSecond: 8, // of one link, burst of ten seconds: 2,000 posts a second
  receiptBytesMax: 1024, // 32 ranges and what every receipt has
  receiptRangesMax: 32, // of posts that are not open at a member, of one lane; beyond it less is claimed
  receiptsPerMessage: 256,
  receiptEveryMs: 250, // a signature for each lane that moved, however many records it moved by
  gossipPerSecond: 50, // the second path is for single records, bursts are synced

  // Bundles.
  bundleHeadBytesMax: 1024 * 1024, // three prekeys of each member of the largest circle need 720 KiB
  bundleFrameBytesMax: 1024 * 1024, // a page of syncPageBytes, or the lanes of the largest circle

  // Invitations.
  ticketCharsMax: 160, // a QR code that fits 24 rows
  ticketLifeMaxMs: 30 * 24 * 3_600_000,
  ticketsOpenMax: 64,

  // What becomes of records.
  holdsPerMemberMax: 256, // legal holds of one node in a circle; who needs more holds the circle
  exerciseMaxMs: 7 * 24 * 3_600_000, // nobody's drill goes on for ever
  exercisesKept: 64, // of a circle, to know which of them runs

  // Verification of peers.
  verifyMs: 5 * 60_000, // the two people are on the phone meanwhile
  warningsPerMemberMax: 16, // a member that warns of everybody is heard for the last few
  peerRowBytesMax: 16 * 1024, // what was verified of one org: a name and up to 400 member keys

  // The local door.
  apiLineBytesMax: 1024 * 1024,
  apiClientsMax: 64,
  apiSubscriptionsMax: 16, // of one client
  idCharsMax: 128, // of what names a circle, a peer or an item
  keyCharsMax: 256, // of what a script tells its posts apart by
  apiPendingMax: 32, // requests of one client in work; more are refused
  apiNotificationsMax: 256, // waiting in a client for its reader; then the daemon is stalled
  apiHelloTimeoutMs: 8_000, // a local daemon answers within one
  apiStallMs: 30_000, // a client that reads nothing for so long is cut, with its last cursor
  socketPathBytesMax: 103, // sun_path of the smallest system, less its zero
  feedPageMax: 1_000,
  logPageMax: 500, // changes of one answer
  importBatchRecords: 64, // own records committed with one fsync
  importBytesMax: 256 * 1024 * 1024,
  importWarningsMax: 1_000, // of one file; the rest is counted
  idempotencyKeepMs: 30 * 24 * 3_600_000,

  // The review of what is posted.
  scrubWordsMax: 10_000, // own domains, networks, or names of hosts and users
  scrubReasonCharsMax: 500, // why something that was found was sent all the same
  warninglistsMax: 256, // files of one folder; MISP has 143 lists ...
  warninglistBytesMax: 32 * 1024 * 1024, // of one file, in characters too; 63,000 addresses take 1.3 MB
  warninglistEntriesMax: 1_000_000, // of all lists; those of MISP have 529,000
  warninglistScansMax: 4_096, // entries that are searched for one by one: parts of texts and expressions
  warninglistRegexCharsMax: 512,
  warninglistTextCharsMax: 4_096, // name and description
  // Seats, tokens and what waits to be released.
  seatsMax: 64, // people and machines of one org at one node
  tokensMax: 256,
  releasesHeldMax: 10_000, // posts of scripts that nobody has looked at: three hours at one a second
  sponsorDelayMs: 15 * 60_000, // at most, between the approval of what is said for another member and its post; at least a fifteenth
  sponsorAskMs: 7 * 24 * 3_600_000, // a request older than that is not heeded
  releasesKeepMs: 30 * 24 * 3_600_000, // what became of them: as long as their keys are known
  ownRowBytesMax: 88 * 1024, // a body of recordBytesMax, and an approval of each seat
  hooksAtOnce: 4, // programs that run at one time
  hookMs: 30_000, // then a program is ended
  hookGraceMs: 2_000, // between asking it to end and ending it
  hooksPerMinute: 60, // of one hook; what comes faster is told to nobody but counted
  hookLateMs: 24 * 3_600_000, // what was said longer ago, and came now, pages nobody
  remindersMax: 64, // alerts that people are told of again while nobody here acknowledges them
  remindForMs: 24 * 3_600_000,
  noticesPerMinute: 10, // to people; what is more is told together
  localRulesMax: 64, // of one sort in the settings: each is looked at for every post

  // The spool.
  spoolItemsMax: 4_096, // files: a day of a script that posts three a minute, or 262,000 records of an import
  spoolItemBytesMax: 2 * 1024 * 1024, // one batch of an import in the longest letters

  // The log and the metrics.
  logFileBytesMax: 5 * 1024 * 1024, // then it is put aside ...
  logFilesMax: 5, // ... and so many are kept, the newest with them
  metricsClientsMax: 8, // connections at once
  logEventsMax: 200, // lines of one event in ten seconds; the rest is counted

  // The trail of disclosures, and evidence.
  trailEntryBytesMax: 96 * 1024, // one row: the readers of an epoch of the largest circle, with the longest names
  trailAnchorEvery: 64, // rows: then the member key signs how far the trail goes ...
  trailAnchorMs: 3_600_000, // ... or with the first row after so long
  evidenceBytesMax: 8 * 1024 * 1024, // a file: an epoch, certificates, receipts and acknowledgements of the largest circle take 2 MiB
  evidenceChainMax: 4_096, // headers after the record, which tie the receipts to it
  nudgeEveryMs: 600_000, // one reminder of an alert in this time

  // The store.
  circleQuotaBytes: 2 * 1024 * 1024 * 1024, // unless the settings say otherwise: envelopes of one circle, two million short posts
  quotaWarnPercent: 80, // of the quota, then people are told, while there is time to raise it
  eraseEveryMs: 24 * 3_600_000, // bodies whose time is over are looked for once a day
  eraseBatchRecords: 64, // erased with one fsync; whatever comes meanwhile waits for as many
  purgeEveryMs: 60_000, // files are merged once for all that was erased within a minute
  diskReserveBytes: 16 * 1024 * 1024, // below it nothing is written: opening a store for reading takes some space too
  undeliveredMs: 4 * 3_600_000, // unless the settings say otherwise: a post that an org does not hold after this is told of
  settingBytesMax: 4 * 1024, // three contacts of the greatest size, by whom a joined circle is fetched
  threadDepthMax: 1_000, // answers to answers that are followed
} as const;
