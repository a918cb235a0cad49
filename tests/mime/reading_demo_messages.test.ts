import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { demoBytes, readable } from "./demo_message.ts";

/** path, subject, sender, first words of the text, attachment names, warnings */
type Row = [string, string, string, string, (string | null)[]?, string[]?];

const QUOTE = "Rates for two containers Rotterdam to Halifax";
const REEFER = "Container FJKU 440218-7 is not on the arrival list";
const LEASE = "Lease for the shop at 12 Quayside";
const TOM = "Tom Okafor (Harbour) <tom.okafor@harbour-logistics.test>";
const INES = "Ines Marlow <ines.marlow@marlow-ceramics.test>";
const SIGRID = "Sigrid Aas <sigrid.aas@fjordfisk.test>";
const SUPPORT = "Harbour Support <support@harbour-logistics.test>";
const BILLING = "Harbour Billing <billing@harbour-logistics.test>";
const WEISS = "Jürgen Weiß <j.weiss@sankt-elm.test>";
const BEATRIX = "Beatrix Holt <beatrix@quayside-bakery.test>";
const FOLAKE = "Folake Adeyemi <f.adeyemi@lighthouse-legal.test>";
const LAYLA = "ليلى النور <layla@alnoor-dates.test>";

const ROWS: Row[] = [
  ["harbour/sales-quote-1.eml", QUOTE, INES, "Hello,\n\nwe ship glazed tiles"],
  ["harbour/sales-quote-2.eml", `Re: ${QUOTE}`, TOM, "Hi Ines,\n\nthank you for asking us. For 2 × 20′ DV"],
  ["harbour/sales-quote-3.eml", `Re: ${QUOTE}`, TOM, "Ines, here is the same", ["Quote 7003.pdf"]],
  ["harbour/sales-quote-4.eml", `RE: ${QUOTE}`, INES, "Tom, the rate is fine. One question before we sign: is demurrage"],
  ["harbour/sales-quote-5.eml", `Re: RE: ${QUOTE}`, TOM, "Seven days free, confirmed in writing"],
  ["harbour/support-missing-container-1.eml", REEFER, SIGRID, "Good morning,\n\nour reefer FJKU 440218-7 (salmon, −20°C)"],
  ["harbour/support-missing-container-2.eml", `Re: ${REEFER}`, SUPPORT, "Dear Sigrid,\n\nwe have found it: the unit was discharged at Bremerhaven “by mistake” –"],
  ["harbour/support-missing-container-3.eml", `Re: ${REEFER}`, SUPPORT, "The seal is intact", ["seal.png"]],
  ["harbour/support-missing-container-4.eml", `SV: ${REEFER}`, SIGRID, "Received at 03:40", ["Temperaturmåling FJKU 440218-7.csv"]],
  ["harbour/billing-invoice-1.eml", "Rechnung 3301 über 1.290€", BILLING, "Sehr geehrter Herr Weiß,\n\nfür den Transport der Orgelpfeifen berechnen wir 1.290 €."],
  ["harbour/billing-invoice-2.eml", "AW: Rechnung 3301 über 1.290€", WEISS, "Guten Tag,\n\ndie Spätzustellung am Gründonnerstag"],
  ["harbour/billing-invoice-3.eml", "Re: AW: Rechnung 3301 über 1.290€", BILLING, "Sehr geehrter Herr Weiß,\n\nSie haben recht, die Gebühr von 90 €"],
  ["harbour/japanese-shift-jis.eml", "横浜からの輸送について", "星野 健 <ken@hoshino-glass.test>", "お世話になっております。"],
  ["harbour/japanese-iso-2022-jp.eml", "工場見学の日程変更のお願い", "営業部 田中 <tanaka@hoshino-glass.test>", "いつもありがとうございます。"],
  ["harbour/korean-euc-kr.eml", "부산항 통관 서류 문의", "김하늘 <haneul.kim@haneul-trading.test>", "안녕하세요. 하늘무역"],
  ["harbour/chinese-gb18030.eml", "回复：宁波到汉堡的运费", "李明 <li.ming@beiwan-tools.test>", "您好，\n\n报价已收到"],
  ["harbour/chinese-big5.eml", "貨櫃追蹤號碼查詢", "陳怡君 <yichun.chen@beiwan-tools.test>", "您好，我們的貨櫃"],
  ["harbour/russian-koi8-r.eml", "Отправка пиломатериалов в апреле", "Анна Лесная <anna@sever-les.test>", "Добрый день!\n\nПодскажите"],
  ["harbour/thai-base64.eml", "ขอใบเสนอราคาค่าขนส่ง", "สมชาย ใจดี <somchai@siam-rattan.test>", "เรียน ฝ่ายขาย"],
  ["harbour/auto-reply-out-of-office.eml", `Automatic reply: ${QUOTE}`, INES, "I am at the ceramics fair"],
  ["harbour/bounce-delivery-status.eml", "Undelivered Mail Returned to Sender", "Mail Delivery System <MAILER-DAEMON@mail.harbour-logistics.test>", "Your message to old.buyer@", [null, null]],
  ["harbour/newsletter-list-headers.eml", "Port Watch 118: queues at Valencia, new rules for lithium", "Port Watch Weekly <weekly@news.portwatch.example.org>", "PORT WATCH 118"],
  ["harbour/calendar-invite.eml", "Invitation: Terminal visit with Kaveri Textiles", "Tom Okafor <tom.okafor@harbour-logistics.test>", "You are invited to a terminal visit", [null, "invite.ics"]],
  ["harbour/broken-no-message-id.eml", "Scan from room 2", "Scanner Room 2 <scanner@harbour-logistics.test>", "A document was scanned", ["scan0001.pdf"], ["MESSAGE_ID_MISSING"]],
  ["harbour/broken-bad-date.eml", "Weight ticket 3", "Weighbridge <weighbridge@harbour-logistics.test>", "Truck HL-TR 220", [], ["DATE_UNREADABLE"]],
  ["harbour/broken-unfolded-subject.eml", "Damage report for shipment HL-90211: two pallets wet on arrival, photos to follow from the warehouse", "Ravi Menon <ravi@relay.example.net>", "Two of the fourteen pallets", [], ["HEADER_LINE_MALFORMED"]],
  ["harbour/broken-bare-lf.eml", "Night report: 3 containers overdue", "Depot Night Job <nightjob@depot.example.com>", "Overdue: HLXU 200113-4", ["overdue.csv"]],
  ["harbour/emoji-subject-q-encoding.eml", "Thank you 🚢🎉 the first silk container is here – 👏🏽", "Meera Rao 🧵 <meera@kaveri-textiles.test>", "All 214 bolts are dry and accounted for 🎉👏🏽"],
  ["lighthouse/lease-review-1.eml", LEASE, BEATRIX, "Dear Ms Adeyemi,\n\nthe landlord wants our signature", ["Draft lease 12 Quayside.pdf"]],
  ["lighthouse/lease-review-2.eml", `Re: ${LEASE}`, FOLAKE, "Dear Beatrix,\n\nclause 14 makes you pay for the roof – that"],
  ["lighthouse/lease-review-3.eml", `Re: ${LEASE}`, FOLAKE, "The marked-up draft is attached.", ["Lease – marked up.docx", "smime.p7s"]],
  ["lighthouse/lease-review-4.eml", `RE: ${LEASE}`, "Crane, Oliver <o.crane@harbourside-lettings.test>", "Ms Adeyemi,\n\nour client accepts the change to clause 14 – but not to clause 22: “no alterations” stays."],
  ["lighthouse/lease-review-5.eml", `Fwd: ${LEASE}`, BEATRIX, "I can live with clause 22 if we may change the shop front."],
  ["lighthouse/lease-review-6.eml", `Re: Fwd: ${LEASE}`, FOLAKE, "It is, but I have a side letter"],
  ["lighthouse/trademark-arabic-1.eml", "تسجيل العلامة التجارية", LAYLA, "السلام عليكم،"],
  ["lighthouse/trademark-arabic-2.eml", "Re: تسجيل العلامة التجارية", "Idris Vale <i.vale@lighthouse-legal.test>", "Dear Layla, we need a picture", ["idris-vale.vcf"]],
  ["lighthouse/trademark-arabic-3.eml", "رد: تسجيل العلامة التجارية", LAYLA, "شكراً جزيلاً، الصورة مرفقة.", ["الشعار.png"]],
  ["lighthouse/hebrew-quoted-printable.eml", "שאלה על חוזה הפצה", "נועה כרמל <noa@carmel-books.test>", "שלום רב,\n\nהאם אפשר לבטל"],
  ["lighthouse/russian-windows-1251.eml", "Договор поставки", "Павел Северов <pavel@sever-les.test>", "Здравствуйте!\n\nПросим проверить договор поставки"],
  ["lighthouse/hindi-8bit.eml", "साझेदारी समझौते पर सलाह", "मीरा राव <meera@kaveri-textiles.test>", "नमस्ते,\n\nहमें साझेदारी"],
  ["lighthouse/utf-16-base64.eml", "Plná moc k podpisu", "Tereza Nováková <tereza@ostrava-glass.test>", "Dobrý den,\n\nposílám plnou moc"],
  ["lighthouse/forwarded-message.eml", "Fwd: Final demand", BEATRIX, "Folake, is this letter genuine?", ["Final demand.eml"]],
  ["lighthouse/smime-opaque.eml", "Certified copy, encrypted", "Notary Lindqvist <lindqvist@notary.example.org>", "", ["smime.p7m"]],
  ["lighthouse/broken-duplicate-headers.eml", "Retainer agreement", "Mara Quint <mara@partner.example.com>", "The retainer agreement is signed. <b>Not markup.</b>", [], ["HEADER_DUPLICATE"]],
  ["lighthouse/broken-no-blank-line.eml", "Fax from the county court", "Fax Gateway <fax@fax.example.com>", "Two pages were received from the county court at 11:28.", [], ["HEADER_SEPARATOR_MISSING"]],
  ["lighthouse/broken-8bit-headers.eml", "Résiliation du bail à l'échéance", "Gérard Vergé <gerard@verger-et-fils.test>", "Maître,\n\nnous souhaitons résilier", [], ["HEADER_NOT_UTF8"]],
  ["lighthouse/broken-unterminated-boundary.eml", "Photos of the roof", BEATRIX, "The roof leaks over the oven", ["roof.png"], ["MULTIPART_UNTERMINATED"]],
  ["lighthouse/folded-long-headers.eml", "Mediation on 12 May in the matter of the Quayside warehouse: agenda, seating, confidentiality undertaking and the order in which the ten parties will speak", "Mediation Office <mediation@parties.example.org>", "Dear all,\n\nmediation begins at nine."],
  ["lighthouse/auto-reply-german.eml", "Abwesenheitsnotiz: Nachlaß Müller", WEISS, "Ich bin bis zum 4. Mai außer Haus."],
  ["lighthouse/undisclosed-recipients.eml", "Circular 8: client money", "The Bar Council <bar@bar.example.org>", "Members are reminded"],
  ["lighthouse/reply-without-references.eml", `Re: ${LEASE}`, BEATRIX, "Signed and posted today."],
]; // prettier-ignore

describe("reading the demo's messages", () => {
  it("expects something of every file", () => {
    const files = ["harbour", "lighthouse"].flatMap((folder) =>
      readdirSync(new URL(`../../demo/messages/${folder}/`, import.meta.url)).map(
        (name) => `${folder}/${name}`,
      ),
    );
    expect(ROWS.map(([path]) => path).sort()).toEqual(files.sort());
  });

  it.each(ROWS)(
    "reads %s as it was written",
    async (path, subject, from, words, attachments = [], warnings = []) => {
      const message = await readable(demoBytes(path));
      expect(message.subject).toBe(subject);
      expect(`${message.from?.name} <${message.from?.address}>`).toBe(from);
      expect(message.text.slice(0, words.length)).toBe(words);
      expect(words === "" ? message.text : "").toBe("");
      expect(message.attachments.map((attachment) => attachment.filename)).toEqual(attachments);
      expect(message.warnings).toEqual(warnings);
      expect(message.size).toBe(demoBytes(path).length);
    },
  );

  it("reads the date with its zone, and none from a day that does not exist", async () => {
    expect((await readable(demoBytes("harbour/sales-quote-5.eml"))).sentAt?.toISOString()).toBe(
      "2026-03-03T09:05:00.000Z",
    );
    expect((await readable(demoBytes("harbour/broken-bad-date.eml"))).sentAt).toBeNull();
  });

  it("tells machine-written mail from people's", async () => {
    const automatic: string[] = [];
    for (const [path] of ROWS) if ((await readable(demoBytes(path))).autoSubmitted) automatic.push(path);
    expect(automatic).toEqual([
      "harbour/auto-reply-out-of-office.eml",
      "harbour/bounce-delivery-status.eml",
      "harbour/newsletter-list-headers.eml",
      "lighthouse/auto-reply-german.eml",
    ]);
  });

  it("keeps attachments byte by byte", async () => {
    const { attachments } = await readable(demoBytes("harbour/support-missing-container-3.eml"));
    expect(attachments[0]).toMatchObject({
      contentType: "image/png",
      contentId: "seal.5103@harbour-logistics.test",
      disposition: "inline",
    });
    const hex = Buffer.from(attachments[0]!.content).toString("hex");
    expect(hex).toMatch(/^89504e470d0a1a0a/);
    expect(hex).toMatch(/49454e44ae426082$/);
    expect(attachments[0]!.size).toBe(attachments[0]!.content.length);
  });

  it("gives HTML as received and keeps scripts out of the derived text", async () => {
    const message = await readable(demoBytes("lighthouse/lease-review-4.eml"));
    expect(message.html).toContain("<script>window.open(");
    expect(message.text).not.toContain("tracker");
    expect((await readable(demoBytes("harbour/sales-quote-1.eml"))).html).toBeNull();
  });

  it("flattens address groups and keeps names with commas whole", async () => {
    const message = await readable(demoBytes("lighthouse/folded-long-headers.eml"));
    expect(message.to.map(({ name }) => name)).toContain("Juno Park");
    expect(message.to).toHaveLength(10);
    expect(message.cc.map(({ address }) => address)).toEqual([
      "clerk.one@court.example.org",
      "clerk.two@court.example.org",
      "office@lighthouse-legal.test",
    ]);
    expect((await readable(demoBytes("lighthouse/undisclosed-recipients.eml"))).to).toEqual([]);
  });

  it("gives a message without Message-ID the same identifier each time, whatever the line ends", async () => {
    const bytes = demoBytes("harbour/broken-no-message-id.eml");
    const lf = Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("\r\n", "\n") + "\n", "latin1");
    const first = await readable(bytes);
    expect(first.messageId).toMatch(/^[0-9a-f]{64}@missing\.invalid$/);
    expect((await readable(lf)).messageId).toBe(first.messageId);
    expect((await readable(Buffer.concat([bytes, Buffer.from("more")]))).messageId).not.toBe(first.messageId);
  });
});
