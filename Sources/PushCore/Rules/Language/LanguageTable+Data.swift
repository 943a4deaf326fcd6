/// Made by scripts/language-table from CLDR (Babel 2.19.0). One language in four lines; see ``LanguageTable``.
extension LanguageTable {
    /// CLDR: Unicode licence, https://www.unicode.org/license.txt
    static let text = """
        af|,|\u{A0}|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y-MM-dd|dd MMM y|dd MMMM y|EEEE dd MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|vm.|nm.
        Januarie,Februarie,Maart,April,Mei,Junie,Julie,Augustus,September,Oktober,November,Desember|Jan.,Feb.,Mrt.,Apr.,Mei,Jun.,Jul.,Aug.,Sep.,Okt.,Nov.,Des.|Sondag,Maandag,Dinsdag,Woensdag,Donderdag,Vrydag,Saterdag|So.,Ma.,Di.,Wo.,Do.,Vr.,Sa.
        USD=USD|JPY=JP¥|CAD=CAD|MXN=MXN|THB=฿|PHP=PHP|ZAR=R
        am|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        dd/MM/y|d MMM y|d MMMM y|EEEE d MMMM y|h:mm a|h:mm:ss a|{1} {0}|{1} {0}|{1} {0}|{1} {0}|ጥዋት|ከሰዓት
        ጃንዋሪ,ፌብሩዋሪ,ማርች,ኤፕሪል,ሜይ,ጁን,ጁላይ,ኦገስት,ሴፕቴምበር,ኦክቶበር,ኖቬምበር,ዲሴምበር|ጃን,ፌብ,ማርች,ኤፕሪ,ሜይ,ጁን,ጁላይ,ኦገስ,ሴፕቴ,ኦክቶ,ኖቬም,ዲሴም|እሑድ,ሰኞ,ማክሰኞ,ረቡዕ,ሐሙስ,ዓርብ,ቅዳሜ|እሑድ,ሰኞ,ማክሰ,ረቡዕ,ሐሙስ,ዓርብ,ቅዳሜ
        USD=US$|JPY=JP¥|AUD=AU$|THB=฿|PHP=PHP
        ar|.|,|\u{200E}-|\u{200E}%\u{200E}|0|1|#,##0.###|#,##0%|\u{200F}#,##0.00\u{A0}¤;\u{200F}-#,##0.00\u{A0}¤
        d\u{200F}/M\u{200F}/y|dd\u{200F}/MM\u{200F}/y|d MMMM y|EEEE، d MMMM y|h:mm a|h:mm:ss a|{1}، {0}|{1}، {0}|{1}، {0}|{1}، {0}|ص|م
        يناير,فبراير,مارس,أبريل,مايو,يونيو,يوليو,أغسطس,سبتمبر,أكتوبر,نوفمبر,ديسمبر|يناير,فبراير,مارس,أبريل,مايو,يونيو,يوليو,أغسطس,سبتمبر,أكتوبر,نوفمبر,ديسمبر|الأحد,الاثنين,الثلاثاء,الأربعاء,الخميس,الجمعة,السبت|الأحد,الاثنين,الثلاثاء,الأربعاء,الخميس,الجمعة,السبت
        USD=US$|GBP=UK£|JPY=JP¥|AUD=AU$|THB=฿|PHP=PHP|AED=د.إ.\u{200F}|SAR=ر.س.\u{200F}|EGP=ج.م.\u{200F}
        az|,|.|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|d MMM y|d MMMM y|EEEE, d MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        yanvar,fevral,mart,aprel,may,iyun,iyul,avqust,sentyabr,oktyabr,noyabr,dekabr|yan,fev,mar,apr,may,iyn,iyl,avq,sen,okt,noy,dek|Bazar,Bazar ertəsi,Çərşənbə axşamı,Çərşənbə,Cümə axşamı,Cümə,Şənbə|B.,B.e.,Ç.a.,Ç.,C.a.,C.,Ş.
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP
        be|,|\u{A0}|-|%|0|2|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        d.MM.yy|d MMM y\u{202F}'г'.|d MMMM y\u{202F}'г'.|EEEE, d MMMM y\u{202F}'г'.|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        студзеня,лютага,сакавіка,красавіка,мая,чэрвеня,ліпеня,жніўня,верасня,кастрычніка,лістапада,снежня|сту,лют,сак,кра,мая,чэр,ліп,жні,вер,кас,ліс,сне|нядзеля,панядзелак,аўторак,серада,чацвер,пятніца,субота|нд,пн,аў,ср,чц,пт,сб
        CAD=CAD|NZD=NZD|RUB=₽|BRL=BRL|PHP=PHP
        bg|,|\u{A0}|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d.MM.yy\u{202F}'г'.|d.MM.y\u{202F}'г'.|d MMMM y\u{202F}'г'.|EEEE, d MMMM y\u{202F}'г'.|H:mm|H:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|am|pm
        януари,февруари,март,април,май,юни,юли,август,септември,октомври,ноември,декември|яну,фев,март,апр,май,юни,юли,авг,сеп,окт,ное,дек|неделя,понеделник,вторник,сряда,четвъртък,петък,събота|нд,пн,вт,ср,чт,пт,сб
        USD=щ.д.|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|BGN=лв.|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        bn|.|,|-|%|0|1|#,##,##0.###|#,##,##0%|#,##,##0.00¤
        d/M/yy|d MMM, y|d MMMM, y|EEEE, d MMMM, y|h:mm a|h:mm:ss a|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        জানুয়ারি,ফেব্রুয়ারি,মার্চ,এপ্রিল,মে,জুন,জুলাই,আগস্ট,সেপ্টেম্বর,অক্টোবর,নভেম্বর,ডিসেম্বর|জানু,ফেব,মার্চ,এপ্রি,মে,জুন,জুল,আগ,সেপ,অক্টো,নভে,ডিসে|রবিবার,সোমবার,মঙ্গলবার,বুধবার,বৃহস্পতিবার,শুক্রবার,শনিবার|রবি,সোম,মঙ্গল,বুধ,বৃহস্পতি,শুক্র,শনি
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP|BDT=৳
        ca|,|.|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        d/M/yy|d MMM y|d MMMM 'del' y|EEEE, d MMMM 'del' y|H:mm|H:mm:ss|{1} {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.\u{202F}m.|p.\u{202F}m.
        de gener,de febrer,de març,d’abril,de maig,de juny,de juliol,d’agost,de setembre,d’octubre,de novembre,de desembre|de gen.,de febr.,de març,d’abr.,de maig,de juny,de jul.,d’ag.,de set.,d’oct.,de nov.,de des.|diumenge,dilluns,dimarts,dimecres,dijous,divendres,dissabte|dg.,dl.,dt.,dc.,dj.,dv.,ds.
        USD=USD|CNY=CNY|AUD=AU$|CAD=CAD|BRL=BRL|MXN=MXN|THB=฿|PHP=PHP
        cs|,|\u{A0}|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd.MM.yy|d. M. y|d. MMMM y|EEEE d. MMMM y|H:mm|H:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|dop.|odp.
        ledna,února,března,dubna,května,června,července,srpna,září,října,listopadu,prosince|led,úno,bře,dub,kvě,čvn,čvc,srp,zář,říj,lis,pro|neděle,pondělí,úterý,středa,čtvrtek,pátek,sobota|ne,po,út,st,čt,pá,so
        USD=US$|JPY=JP¥|AUD=AU$|CZK=Kč|INR=INR|PHP=PHP|VND=VND|ILS=ILS
        cy|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        dd/MM/yy|d MMM y|d MMMM y|EEEE, d MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1}, {0}|{1}, {0}|AM|PM
        Ionawr,Chwefror,Mawrth,Ebrill,Mai,Mehefin,Gorffennaf,Awst,Medi,Hydref,Tachwedd,Rhagfyr|Ion,Chwef,Maw,Ebr,Mai,Meh,Gorff,Awst,Medi,Hyd,Tach,Rhag|Dydd Sul,Dydd Llun,Dydd Mawrth,Dydd Mercher,Dydd Iau,Dydd Gwener,Dydd Sadwrn|Sul,Llun,Maw,Mer,Iau,Gwen,Sad
        USD=US$|JPY=JP¥|KRW=KRW|THB=฿|PHP=PHP
        da|,|.|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd.MM.y|d. MMM y|d. MMMM y|EEEE 'den' d. MMMM y|HH.mm|HH.mm.ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        januar,februar,marts,april,maj,juni,juli,august,september,oktober,november,december|jan.,feb.,mar.,apr.,maj,jun.,jul.,aug.,sep.,okt.,nov.,dec.|søndag,mandag,tirsdag,onsdag,torsdag,fredag,lørdag|søn.,man.,tirs.,ons.,tors.,fre.,lør.
        USD=USD|JPY=JP¥|AUD=AU$|CAD=CAD|DKK=kr.|THB=฿|PHP=PHP
        de|,|.|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd.MM.yy|dd.MM.y|d. MMMM y|EEEE, d. MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        Januar,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember|Jan.,Feb.,März,Apr.,Mai,Juni,Juli,Aug.,Sept.,Okt.,Nov.,Dez.|Sonntag,Montag,Dienstag,Mittwoch,Donnerstag,Freitag,Samstag|So.,Mo.,Di.,Mi.,Do.,Fr.,Sa.
        AUD=AU$|THB=฿|PHP=PHP
        de-AT|,|.|-|%|0|1|#,##0.###|#,##0\u{A0}%|¤\u{A0}#,##0.00
        dd.MM.yy|dd.MM.y|d. MMMM y|EEEE, d. MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        Jänner,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember|Jän.,Feb.,März,Apr.,Mai,Juni,Juli,Aug.,Sep.,Okt.,Nov.,Dez.|Sonntag,Montag,Dienstag,Mittwoch,Donnerstag,Freitag,Samstag|So.,Mo.,Di.,Mi.,Do.,Fr.,Sa.
        AUD=AU$|THB=฿|PHP=PHP
        de-CH|.|'|-|%|0|1|#,##0.###|#,##0%|¤\u{A0}#,##0.00;¤-#,##0.00
        dd.MM.yy|dd.MM.y|d. MMMM y|EEEE, d. MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        Januar,Februar,März,April,Mai,Juni,Juli,August,September,Oktober,November,Dezember|Jan.,Feb.,März,Apr.,Mai,Juni,Juli,Aug.,Sept.,Okt.,Nov.,Dez.|Sonntag,Montag,Dienstag,Mittwoch,Donnerstag,Freitag,Samstag|So.,Mo.,Di.,Mi.,Do.,Fr.,Sa.
        EUR=EUR|AUD=AU$|THB=฿|PHP=PHP
        el|,|.|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d/M/yy|d MMM y|d MMMM y|EEEE d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1} - {0}|{1} - {0}|π.μ.|μ.μ.
        Ιανουαρίου,Φεβρουαρίου,Μαρτίου,Απριλίου,Μαΐου,Ιουνίου,Ιουλίου,Αυγούστου,Σεπτεμβρίου,Οκτωβρίου,Νοεμβρίου,Δεκεμβρίου|Ιαν,Φεβ,Μαρ,Απρ,Μαΐ,Ιουν,Ιουλ,Αυγ,Σεπ,Οκτ,Νοε,Δεκ|Κυριακή,Δευτέρα,Τρίτη,Τετάρτη,Πέμπτη,Παρασκευή,Σάββατο|Κυρ,Δευ,Τρί,Τετ,Πέμ,Παρ,Σάβ
        JPY=JP¥|THB=฿|PHP=PHP
        en|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        M/d/yy|MMM d, y|MMMM d, y|EEEE, MMMM d, y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        USD=$|EUR=€|GBP=£|JPY=¥|CNY=CN¥|AUD=A$|CAD=CA$|NZD=NZ$|INR=₹|BRL=R$|MXN=MX$|KRW=₩|HKD=HK$|TWD=NT$|PHP=₱|VND=₫|ILS=₪
        en-AU|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/yy|d MMM y|d MMMM y|EEEE, d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|am|pm
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sept,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        USD=USD|EUR=EUR|GBP=GBP|JPY=JPY|CNY=CNY|AUD=$|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        en-CA|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y-MM-dd|MMM d, y|MMMM d, y|EEEE, MMMM d, y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        USD=US$|JPY=JP¥|CAD=$
        en-GB|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        dd/MM/y|d MMM y|d MMMM y|EEEE, d MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|am|pm
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sept,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        USD=US$|JPY=JP¥
        en-IE|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        dd/MM/y|d MMM y|d MMMM y|EEEE d MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|am|pm
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sept,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        USD=US$|JPY=JP¥
        en-IN|.|,|-|%|0|1|#,##,##0.###|#,##,##0%|¤#,##,##0.00
        dd/MM/yy|d MMM y|d MMMM y|EEEE, d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sept,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        JPY=JP¥
        en-NZ|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        dd/MM/y|d MMM y|d MMMM y|EEEE, d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|am|pm
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sept,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        USD=US$|JPY=JP¥|NZD=$
        en-ZA|,|\u{A0}|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y/MM/dd|dd MMM y|dd MMMM y|EEEE, dd MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|am|pm
        January,February,March,April,May,June,July,August,September,October,November,December|Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sept,Oct,Nov,Dec|Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday|Sun,Mon,Tue,Wed,Thu,Fri,Sat
        USD=US$|JPY=JP¥|ZAR=R
        es|,|.|-|%|0|2|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        d/M/yy|d MMM y|d 'de' MMMM 'de' y|EEEE, d 'de' MMMM 'de' y|H:mm|H:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.\u{202F}m.|p.\u{202F}m.
        enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre|ene,feb,mar,abr,may,jun,jul,ago,sept,oct,nov,dic|domingo,lunes,martes,miércoles,jueves,viernes,sábado|dom,lun,mar,mié,jue,vie,sáb
        USD=US$|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|THB=฿|PHP=PHP|ILS=ILS
        es-MX|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        dd/MM/yy|d MMM y|d 'de' MMMM 'de' y|EEEE, d 'de' MMMM 'de' y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre|ene,feb,mar,abr,may,jun,jul,ago,sep,oct,nov,dic|domingo,lunes,martes,miércoles,jueves,viernes,sábado|dom,lun,mar,mié,jue,vie,sáb
        USD=USD|EUR=EUR|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=$|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        es-US|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/y|d MMM y|d 'de' MMMM 'de' y|EEEE, d 'de' MMMM 'de' y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        enero,febrero,marzo,abril,mayo,junio,julio,agosto,septiembre,octubre,noviembre,diciembre|ene,feb,mar,abr,may,jun,jul,ago,sep,oct,nov,dic|domingo,lunes,martes,miércoles,jueves,viernes,sábado|dom,lun,mar,mié,jue,vie,sáb
        EUR=EUR|GBP=GBP|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        et|,|\u{A0}|−|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|d. MMM y|d. MMMM y|EEEE, d. MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        jaanuar,veebruar,märts,aprill,mai,juuni,juuli,august,september,oktoober,november,detsember|jaan,veebr,märts,apr,mai,juuni,juuli,aug,sept,okt,nov,dets|pühapäev,esmaspäev,teisipäev,kolmapäev,neljapäev,reede,laupäev|P,E,T,K,N,R,L
        AUD=AU$|THB=฿|PHP=PHP
        eu|,|.|−|%|0|1|#,##0.###|%\u{A0}#,##0|#,##0.00\u{A0}¤
        yy/M/d|y('e')'ko' MMM d('a')|y('e')'ko' MMMM'ren' d('a')|y('e')'ko' MMMM'ren' d('a'), EEEE|HH:mm|HH:mm:ss|{1} ({0})|{1} ({0})|{1} ({0})|{1} ({0})|AM|PM
        urtarrila,otsaila,martxoa,apirila,maiatza,ekaina,uztaila,abuztua,iraila,urria,azaroa,abendua|urt.,ots.,mar.,api.,mai.,eka.,uzt.,abu.,ira.,urr.,aza.,abe.|igandea,astelehena,asteartea,asteazkena,osteguna,ostirala,larunbata|ig.,al.,ar.,az.,og.,or.,lr.
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP
        fa|٫|٬|\u{200E}−|٪|۰|1|#,##0.###|#,##0%|\u{200E}¤\u{A0}#,##0.00
        y/M/d|d MMM y|d MMMM y|EEEE d MMMM y|H:mm|H:mm:ss|{1}،\u{200F} {0}|{1}،\u{200F} {0}|{1}، ساعت {0}|{1}، ساعت {0}|ق.ظ.|ب.ظ.
        ژانویه,فوریه,مارس,آوریل,مه,ژوئن,ژوئیه,اوت,سپتامبر,اکتبر,نوامبر,دسامبر|ژانویه,فوریه,مارس,آوریل,مه,ژوئن,ژوئیه,اوت,سپتامبر,اکتبر,نوامبر,دسامبر|یکشنبه,دوشنبه,سه\u{200C}شنبه,چهارشنبه,پنجشنبه,جمعه,شنبه|یکشنبه,دوشنبه,سه\u{200C}شنبه,چهارشنبه,پنجشنبه,جمعه,شنبه
        CNY=¥CN|CAD=$CA|NZD=$NZ|MXN=$MX|HKD=$HK|THB=฿|PHP=PHP
        fi|,|\u{A0}|−|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        d.M.y|d.M.y|d. MMMM y|EEEE d. MMMM y|H.mm|H.mm.ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|ap.|ip.
        tammikuuta,helmikuuta,maaliskuuta,huhtikuuta,toukokuuta,kesäkuuta,heinäkuuta,elokuuta,syyskuuta,lokakuuta,marraskuuta,joulukuuta|tammi,helmi,maalis,huhti,touko,kesä,heinä,elo,syys,loka,marras,joulu|sunnuntai,maanantai,tiistai,keskiviikko,torstai,perjantai,lauantai|su,ma,ti,ke,to,pe,la
        CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        fil|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        M/d/yy|MMM d, y|MMMM d, y|EEEE, MMMM d, y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        Enero,Pebrero,Marso,Abril,Mayo,Hunyo,Hulyo,Agosto,Setyembre,Oktubre,Nobyembre,Disyembre|Ene,Peb,Mar,Abr,May,Hun,Hul,Ago,Set,Okt,Nob,Dis|Linggo,Lunes,Martes,Miyerkules,Huwebes,Biyernes,Sabado|Lin,Lun,Mar,Miy,Huw,Biy,Sab
        THB=฿
        fr|,|\u{202F}|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd/MM/y|d MMM y|d MMMM y|EEEE d MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        janvier,février,mars,avril,mai,juin,juillet,août,septembre,octobre,novembre,décembre|janv.,févr.,mars,avr.,mai,juin,juil.,août,sept.,oct.,nov.,déc.|dimanche,lundi,mardi,mercredi,jeudi,vendredi,samedi|dim.,lun.,mar.,mer.,jeu.,ven.,sam.
        USD=$US|GBP=£GB|JPY=JPY|CNY=CNY|AUD=$AU|CAD=$CA|NZD=$NZ|MXN=$MX|HKD=HKD|SGD=$SG|TWD=TWD|PHP=PHP|ARS=$AR|CLP=$CL|COP=$CO
        fr-CA|,|\u{A0}|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        y-MM-dd|d MMM y|d MMMM y|EEEE d MMMM y|HH 'h' mm|HH 'h' mm 'min' ss 's'|{1} {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        janvier,février,mars,avril,mai,juin,juillet,août,septembre,octobre,novembre,décembre|janv.,févr.,mars,avr.,mai,juin,juill.,août,sept.,oct.,nov.,déc.|dimanche,lundi,mardi,mercredi,jeudi,vendredi,samedi|dim.,lun.,mar.,mer.,jeu.,ven.,sam.
        USD=$\u{A0}US|AUD=$\u{A0}AU|CAD=$|NZD=$\u{A0}NZ|INR=INR|MXN=MXN|KRW=KRW|HKD=$\u{A0}HK|SGD=$\u{A0}SG|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        fr-CH|,|'|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|d MMM y|d MMMM y|EEEE, d MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        janvier,février,mars,avril,mai,juin,juillet,août,septembre,octobre,novembre,décembre|janv.,févr.,mars,avr.,mai,juin,juil.,août,sept.,oct.,nov.,déc.|dimanche,lundi,mardi,mercredi,jeudi,vendredi,samedi|dim.,lun.,mar.,mer.,jeu.,ven.,sam.
        USD=$US|GBP=£GB|JPY=JPY|CNY=CNY|AUD=$AU|CAD=$CA|NZD=$NZ|MXN=$MX|HKD=HKD|SGD=$SG|TWD=TWD|PHP=PHP|ARS=$AR|CLP=$CL|COP=$CO
        ga|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/yy|d MMM y|d MMMM y|EEEE d MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|r.n.|i.n.
        Eanáir,Feabhra,Márta,Aibreán,Bealtaine,Meitheamh,Iúil,Lúnasa,Meán Fómhair,Deireadh Fómhair,Samhain,Nollaig|Ean,Feabh,Márta,Aib,Beal,Meith,Iúil,Lún,MFómh,DFómh,Samh,Noll|Dé Domhnaigh,Dé Luain,Dé Máirt,Dé Céadaoin,Déardaoin,Dé hAoine,Dé Sathairn|Domh,Luan,Máirt,Céad,Déar,Aoine,Sath
        THB=฿
        gl|,|\u{A0}|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd/MM/yy|d 'de' MMM 'de' y|d 'de' MMMM 'de' y|EEEE, d 'de' MMMM 'de' y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        xaneiro,febreiro,marzo,abril,maio,xuño,xullo,agosto,setembro,outubro,novembro,decembro|xan.,feb.,mar.,abr.,maio,xuño,xul.,ago.,set.,out.,nov.,dec.|domingo,luns,martes,mércores,xoves,venres,sábado|dom.,luns,mar.,mér.,xov.,ven.,sáb.
        JPY=JP¥|MXN=$MX|THB=฿|PHP=PHP
        gu|.|,|-|%|0|1|#,##,##0.###|#,##,##0%|¤#,##,##0.00
        d/M/yy|d MMM, y|d MMMM, y|EEEE, d MMMM, y|hh:mm a|hh:mm:ss a|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        જાન્યુઆરી,ફેબ્રુઆરી,માર્ચ,એપ્રિલ,મે,જૂન,જુલાઈ,ઑગસ્ટ,સપ્ટેમ્બર,ઑક્ટોબર,નવેમ્બર,ડિસેમ્બર|જાન્યુ,ફેબ્રુ,માર્ચ,એપ્રિલ,મે,જૂન,જુલાઈ,ઑગસ્ટ,સપ્ટે,ઑક્ટો,નવે,ડિસે|રવિવાર,સોમવાર,મંગળવાર,બુધવાર,ગુરુવાર,શુક્રવાર,શનિવાર|રવિ,સોમ,મંગળ,બુધ,ગુરુ,શુક્ર,શનિ
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP
        he|.|,|\u{200E}-|%|0|1|#,##0.###|#,##0%|\u{200F}#,##0.00\u{A0}\u{200F}¤;\u{200F}-#,##0.00\u{A0}\u{200F}¤
        d.M.y|d בMMM y|d בMMMM y|EEEE, d בMMMM y|H:mm|H:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        ינואר,פברואר,מרץ,אפריל,מאי,יוני,יולי,אוגוסט,ספטמבר,אוקטובר,נובמבר,דצמבר|ינו׳,פבר׳,מרץ,אפר׳,מאי,יוני,יולי,אוג׳,ספט׳,אוק׳,נוב׳,דצמ׳|יום ראשון,יום שני,יום שלישי,יום רביעי,יום חמישי,יום שישי,יום שבת|יום א׳,יום ב׳,יום ג׳,יום ד׳,יום ה׳,יום ו׳,שבת
        CNY=\u{200E}CN¥\u{200E}|THB=฿|PHP=PHP
        hi|.|,|-|%|0|1|#,##,##0.###|#,##,##0%|¤#,##,##0.00
        d/M/yy|d MMM y|d MMMM y|EEEE, d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|am|pm
        जनवरी,फ़रवरी,मार्च,अप्रैल,मई,जून,जुलाई,अगस्त,सितंबर,अक्टूबर,नवंबर,दिसंबर|जन॰,फ़र॰,मार्च,अप्रैल,मई,जून,जुल॰,अग॰,सित॰,अक्टू॰,नव॰,दिस॰|रविवार,सोमवार,मंगलवार,बुधवार,गुरुवार,शुक्रवार,शनिवार|रवि,सोम,मंगल,बुध,गुरु,शुक्र,शनि
        JPY=JP¥|THB=฿|PHP=PHP
        hr|,|.|−|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd. MM. y.|d. MMM y.|d. MMMM y.|EEEE, d. MMMM y.|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        siječnja,veljače,ožujka,travnja,svibnja,lipnja,srpnja,kolovoza,rujna,listopada,studenoga,prosinca|sij,velj,ožu,tra,svi,lip,srp,kol,ruj,lis,stu,pro|nedjelja,ponedjeljak,utorak,srijeda,četvrtak,petak,subota|ned,pon,uto,sri,čet,pet,sub
        USD=USD|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        hu|,|\u{A0}|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        y. MM. dd.|y. MMM d.|y. MMMM d.|y. MMMM d., EEEE|H:mm|H:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|de.|du.
        január,február,március,április,május,június,július,augusztus,szeptember,október,november,december|jan.,febr.,márc.,ápr.,máj.,jún.,júl.,aug.,szept.,okt.,nov.,dec.|vasárnap,hétfő,kedd,szerda,csütörtök,péntek,szombat|V,H,K,Sze,Cs,P,Szo
        USD=USD|EUR=EUR|GBP=GBP|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|HUF=Ft|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        hy|,|\u{A0}|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|y թ. MMM d|y թ. MMMM d|y թ. MMMM d, EEEE|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        հունվարի,փետրվարի,մարտի,ապրիլի,մայիսի,հունիսի,հուլիսի,օգոստոսի,սեպտեմբերի,հոկտեմբերի,նոյեմբերի,դեկտեմբերի|հնվ,փտվ,մրտ,ապր,մյս,հնս,հլս,օգս,սեպ,հոկ,նոյ,դեկ|կիրակի,երկուշաբթի,երեքշաբթի,չորեքշաբթի,հինգշաբթի,ուրբաթ,շաբաթ|կիր,երկ,երք,չրք,հնգ,ուր,շբթ
        JPY=JP¥|THB=฿|PHP=PHP
        id|,|.|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/yy|d MMM y|d MMMM y|EEEE, dd MMMM y|HH.mm|HH.mm.ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        Januari,Februari,Maret,April,Mei,Juni,Juli,Agustus,September,Oktober,November,Desember|Jan,Feb,Mar,Apr,Mei,Jun,Jul,Agu,Sep,Okt,Nov,Des|Minggu,Senin,Selasa,Rabu,Kamis,Jumat,Sabtu|Min,Sen,Sel,Rab,Kam,Jum,Sab
        USD=US$|JPY=JP¥|AUD=AU$|INR=Rs|THB=฿|IDR=Rp|PHP=PHP
        is|,|.|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d.M.y|d. MMM y|d. MMMM y|EEEE, d. MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|f.h.|e.h.
        janúar,febrúar,mars,apríl,maí,júní,júlí,ágúst,september,október,nóvember,desember|jan.,feb.,mar.,apr.,maí,jún.,júl.,ágú.,sep.,okt.,nóv.,des.|sunnudagur,mánudagur,þriðjudagur,miðvikudagur,fimmtudagur,föstudagur,laugardagur|sun.,mán.,þri.,mið.,fim.,fös.,lau.
        USD=USD|EUR=EUR|GBP=GBP|JPY=JP¥|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|TWD=TWD|PHP=PHP|VND=VND|ISK=kr.
        it|,|.|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd/MM/yy|d MMM y|d MMMM y|EEEE d MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1} {0}|{1} {0}|AM|PM
        gennaio,febbraio,marzo,aprile,maggio,giugno,luglio,agosto,settembre,ottobre,novembre,dicembre|gen,feb,mar,apr,mag,giu,lug,ago,set,ott,nov,dic|domenica,lunedì,martedì,mercoledì,giovedì,venerdì,sabato|dom,lun,mar,mer,gio,ven,sab
        USD=USD|JPY=JPY|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|THB=฿|VND=VND
        ja|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y/MM/dd|y/MM/dd|y年M月d日|y年M月d日EEEE|H:mm|H:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|午前|午後
        1月,2月,3月,4月,5月,6月,7月,8月,9月,10月,11月,12月|1月,2月,3月,4月,5月,6月,7月,8月,9月,10月,11月,12月|日曜日,月曜日,火曜日,水曜日,木曜日,金曜日,土曜日|日,月,火,水,木,金,土
        JPY=￥|CNY=元|PHP=PHP
        ka|,|\u{A0}|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|d MMM. y|d MMMM, y|EEEE, dd MMMM, y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        იანვარი,თებერვალი,მარტი,აპრილი,მაისი,ივნისი,ივლისი,აგვისტო,სექტემბერი,ოქტომბერი,ნოემბერი,დეკემბერი|იან,თებ,მარ,აპრ,მაი,ივნ,ივლ,აგვ,სექ,ოქტ,ნოე,დეკ|კვირა,ორშაბათი,სამშაბათი,ოთხშაბათი,ხუთშაბათი,პარასკევი,შაბათი|კვი,ორშ,სამ,ოთხ,ხუთ,პარ,შაბ
        USD=US$|JPY=JPY|CNY=CNY|AUD=AUD|NZD=NZD|INR=INR|KRW=KRW|HKD=HKD|PHP=PHP|VND=VND|ILS=ILS
        kk|,|\u{A0}|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|y\u{202F}'ж'. dd MMM|y\u{202F}'ж'. d MMMM|y\u{202F}'ж'. d MMMM, EEEE|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        қаңтар,ақпан,наурыз,сәуір,мамыр,маусым,шілде,тамыз,қыркүйек,қазан,қараша,желтоқсан|қаң.,ақп.,нау.,сәу.,мам.,мау.,шіл.,там.,қыр.,қаз.,қар.,жел.|жексенбі,дүйсенбі,сейсенбі,сәрсенбі,бейсенбі,жұма,сенбі|жс,дс,сс,ср,бс,жм,сб
        JPY=JP¥|RUB=₽|THB=฿|PHP=PHP|KZT=₸
        km|.|,|-|%|0|1|#,##0.###|#,##0%|#,##0.00¤
        d/M/yy|d MMM y|d MMMM y|EEEE d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        មករា,កុម្ភៈ,មីនា,មេសា,ឧសភា,មិថុនា,កក្កដា,សីហា,កញ្ញា,តុលា,វិច្ឆិកា,ធ្នូ|មករា,កុម្ភៈ,មីនា,មេសា,ឧសភា,មិថុនា,កក្កដា,សីហា,កញ្ញា,តុលា,វិច្ឆិកា,ធ្នូ|អាទិត្យ,ច័ន្ទ,អង្គារ,ពុធ,ព្រហស្បតិ៍,សុក្រ,សៅរ៍|អាទិត្យ,ចន្ទ,អង្គារ,ពុធ,ព្រហ,សុក្រ,សៅរ៍
        JPY=JP¥|THB=฿|PHP=PHP
        kn|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/yy|MMM d, y|MMMM d, y|EEEE, MMMM d, y|hh:mm a|hh:mm:ss a|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        ಜನವರಿ,ಫೆಬ್ರವರಿ,ಮಾರ್ಚ್,ಏಪ್ರಿಲ್,ಮೇ,ಜೂನ್,ಜುಲೈ,ಆಗಸ್ಟ್,ಸೆಪ್ಟೆಂಬರ್,ಅಕ್ಟೋಬರ್,ನವೆಂಬರ್,ಡಿಸೆಂಬರ್|ಜನ,ಫೆಬ್ರ,ಮಾರ್ಚ್,ಏಪ್ರಿ,ಮೇ,ಜೂನ್,ಜುಲೈ,ಆಗ,ಸೆಪ್ಟೆಂ,ಅಕ್ಟೋ,ನವೆಂ,ಡಿಸೆಂ|ಭಾನುವಾರ,ಸೋಮವಾರ,ಮಂಗಳವಾರ,ಬುಧವಾರ,ಗುರುವಾರ,ಶುಕ್ರವಾರ,ಶನಿವಾರ|ಭಾನು,ಸೋಮ,ಮಂಗಳ,ಬುಧ,ಗುರು,ಶುಕ್ರ,ಶನಿ
        JPY=JP¥|THB=฿|PHP=PHP
        ko|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        yy. M. d.|y. M. d.|y년 MMMM d일|y년 MMMM d일 EEEE|a h:mm|a h:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|오전|오후
        1월,2월,3월,4월,5월,6월,7월,8월,9월,10월,11월,12월|1월,2월,3월,4월,5월,6월,7월,8월,9월,10월,11월,12월|일요일,월요일,화요일,수요일,목요일,금요일,토요일|일,월,화,수,목,금,토
        USD=US$|JPY=JP¥|AUD=AU$|PHP=PHP
        ky|,|\u{A0}|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|y-'ж'., d-MMM|y-'ж'., d-MMMM|y-'ж'., d-MMMM, EEEE|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|тң|тк
        январь,февраль,март,апрель,май,июнь,июль,август,сентябрь,октябрь,ноябрь,декабрь|янв.,фев.,мар.,апр.,май,июн.,июл.,авг.,сен.,окт.,ноя.,дек.|жекшемби,дүйшөмбү,шейшемби,шаршемби,бейшемби,жума,ишемби|жек.,дүй.,шейш.,шарш.,бейш.,жума,ишм.
        USD=USD|GBP=GBP|JPY=JP¥|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|THB=฿|ILS=ILS
        lo|,|.|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00;¤-#,##0.00
        d/M/y|d MMM y|d MMMM y|EEEE, d MMMM y|H:mm|H:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|ກ່ອນທ່ຽງ|ຫຼັງທ່ຽງ
        ມັງກອນ,ກຸມພາ,ມີນາ,ເມສາ,ພຶດສະພາ,ມິຖຸນາ,ກໍລະກົດ,ສິງຫາ,ກັນຍາ,ຕຸລາ,ພະຈິກ,ທັນວາ|ມ.ກ.,ກ.ພ.,ມ.ນ.,ມ.ສ.,ພ.ພ.,ມິ.ຖ.,ກ.ລ.,ສ.ຫ.,ກ.ຍ.,ຕ.ລ.,ພ.ຈ.,ທ.ວ.|ວັນອາທິດ,ວັນຈັນ,ວັນອັງຄານ,ວັນພຸດ,ວັນພະຫັດ,ວັນສຸກ,ວັນເສົາ|ອາທິດ,ຈັນ,ອັງຄານ,ພຸດ,ພະຫັດ,ສຸກ,ເສົາ
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP
        lt|,|\u{A0}|−|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        y-MM-dd|y-MM-dd|y 'm'. MMMM d 'd'.|y 'm'. MMMM d 'd'., EEEE|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|priešpiet|popiet
        sausio,vasario,kovo,balandžio,gegužės,birželio,liepos,rugpjūčio,rugsėjo,spalio,lapkričio,gruodžio|saus.,vas.,kov.,bal.,geg.,birž.,liep.,rugp.,rugs.,spal.,lapkr.,gruod.|sekmadienis,pirmadienis,antradienis,trečiadienis,ketvirtadienis,penktadienis,šeštadienis|sk,pr,an,tr,kt,pn,št
        USD=USD|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        lv|,|\u{A0}|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|y. 'gada' d. MMM|y. 'gada' d. MMMM|EEEE, y. 'gada' d. MMMM|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|priekšp.|pēcp.
        janvāris,februāris,marts,aprīlis,maijs,jūnijs,jūlijs,augusts,septembris,oktobris,novembris,decembris|janv.,febr.,marts,apr.,maijs,jūn.,jūl.,aug.,sept.,okt.,nov.,dec.|svētdiena,pirmdiena,otrdiena,trešdiena,ceturtdiena,piektdiena,sestdiena|svētd.,pirmd.,otrd.,trešd.,ceturtd.,piektd.,sestd.
        AUD=AU$|THB=฿|PHP=PHP
        mk|,|.|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        d.M.y\u{202F}'г'.|d MMM y\u{202F}'г'.|d MMMM y\u{202F}'г'.|EEEE, d MMMM y\u{202F}'г'.|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|претпл.|попл.
        јануари,февруари,март,април,мај,јуни,јули,август,септември,октомври,ноември,декември|јан.,фев.,мар.,апр.,мај,јун.,јул.,авг.,сеп.,окт.,ное.,дек.|недела,понеделник,вторник,среда,четврток,петок,сабота|нед.,пон.,вто.,сре.,чет.,пет.,саб.
        USD=US$|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|NZD=NZD|INR=INR|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        ml|.|,|-|%|0|1|#,##,##0.###|#,##0%|¤#,##0.00
        d/M/yy|y MMM d|y MMMM d|y MMMM d, EEEE|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        ജനുവരി,ഫെബ്രുവരി,മാർച്ച്,ഏപ്രിൽ,മേയ്,ജൂൺ,ജൂലൈ,ഓഗസ്റ്റ്,സെപ്റ്റംബർ,ഒക്\u{200C}ടോബർ,നവംബർ,ഡിസംബർ|ജനു,ഫെബ്രു,മാർ,ഏപ്രി,മേയ്,ജൂൺ,ജൂലൈ,ഓഗ,സെപ്റ്റം,ഒക്ടോ,നവം,ഡിസം|ഞായറാഴ്\u{200C}ച,തിങ്കളാഴ്\u{200C}ച,ചൊവ്വാഴ്ച,ബുധനാഴ്\u{200C}ച,വ്യാഴാഴ്\u{200C}ച,വെള്ളിയാഴ്\u{200C}ച,ശനിയാഴ്\u{200C}ച|ഞായർ,തിങ്കൾ,ചൊവ്വ,ബുധൻ,വ്യാഴം,വെള്ളി,ശനി
        THB=฿|PHP=PHP
        mn|.|,|-|%|0|1|#,##0.###|#,##0%|¤\u{A0}#,##0.00
        y.MM.dd|y\u{202F}'оны' MMM'ын' d|y\u{202F}'оны' MMMM'ын' d|y\u{202F}'оны' MMMM'ын' d, EEEE 'гараг'|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|ү.ө.|ү.х.
        нэгдүгээр сар,хоёрдугаар сар,гуравдугаар сар,дөрөвдүгээр сар,тавдугаар сар,зургаадугаар сар,долоодугаар сар,наймдугаар сар,есдүгээр сар,аравдугаар сар,арван нэгдүгээр сар,арван хоёрдугаар сар|1-р сар,2-р сар,3-р сар,4-р сар,5-р сар,6-р сар,7-р сар,8-р сар,9-р сар,10-р сар,11-р сар,12-р сар|ням,даваа,мягмар,лхагва,пүрэв,баасан,бямба|Ня,Да,Мя,Лх,Пү,Ба,Бя
        JPY=JP¥|THB=฿|PHP=PHP
        mr|.|,|-|%|0|1|#,##,##0.###|#,##0%|¤#,##0.00
        d/M/yy|d MMM, y|d MMMM, y|EEEE, d MMMM, y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        जानेवारी,फेब्रुवारी,मार्च,एप्रिल,मे,जून,जुलै,ऑगस्ट,सप्टेंबर,ऑक्टोबर,नोव्हेंबर,डिसेंबर|जाने,फेब्रु,मार्च,एप्रि,मे,जून,जुलै,ऑग,सप्टें,ऑक्टो,नोव्हें,डिसें|रविवार,सोमवार,मंगळवार,बुधवार,गुरुवार,शुक्रवार,शनिवार|रवि,सोम,मंगळ,बुध,गुरु,शुक्र,शनि
        JPY=JP¥|THB=฿|PHP=PHP
        ms|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/MM/yy|d MMM y|d MMMM y|EEEE, d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1} {0}|{1} {0}|PG|PTG
        Januari,Februari,Mac,April,Mei,Jun,Julai,Ogos,September,Oktober,November,Disember|Jan,Feb,Mac,Apr,Mei,Jun,Jul,Ogo,Sep,Okt,Nov,Dis|Ahad,Isnin,Selasa,Rabu,Khamis,Jumaat,Sabtu|Ahd,Isn,Sel,Rab,Kha,Jum,Sab
        USD=USD|JPY=JP¥|CAD=CAD|MXN=MXN|MYR=RM|PHP=PHP
        mt|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        dd/MM/y|dd MMM y|d 'ta'’ MMMM y|EEEE, d 'ta'’ MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        Jannar,Frar,Marzu,April,Mejju,Ġunju,Lulju,Awwissu,Settembru,Ottubru,Novembru,Diċembru|Jan,Fra,Mar,Apr,Mej,Ġun,Lul,Aww,Set,Ott,Nov,Diċ|Il-Ħadd,It-Tnejn,It-Tlieta,L-Erbgħa,Il-Ħamis,Il-Ġimgħa,Is-Sibt|Ħad,Tne,Tli,Erb,Ħam,Ġim,Sib
        USD=US$|JPY=JP¥
        my|.|,|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d/M/yy|y MMM d|y MMMM d|y MMMM d၊ EEEE|H:mm|H:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|နံနက်|ညနေ
        ဇန်နဝါရီ,ဖေဖော်ဝါရီ,မတ်,ဧပြီ,မေ,ဇွန်,ဇူလိုင်,ဩဂုတ်,စက်တင်ဘာ,အောက်တိုဘာ,နိုဝင်ဘာ,ဒီဇင်ဘာ|ဇန်,ဖေ,မတ်,ဧ,မေ,ဇွန်,ဇူ,ဩ,စက်,အောက်,နို,ဒီ|တနင်္ဂနွေ,တနင်္လာ,အင်္ဂါ,ဗုဒ္ဓဟူး,ကြာသပတေး,သောကြာ,စနေ|တနင်္ဂနွေ,တနင်္လာ,အင်္ဂါ,ဗုဒ္ဓဟူး,ကြာသပတေး,သောကြာ,စနေ
        USD=US$|JPY=JP¥|THB=฿
        nb|,|\u{A0}|−|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd.MM.y|d. MMM y|d. MMMM y|EEEE d. MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        januar,februar,mars,april,mai,juni,juli,august,september,oktober,november,desember|jan.,feb.,mars,apr.,mai,juni,juli,aug.,sep.,okt.,nov.,des.|søndag,mandag,tirsdag,onsdag,torsdag,fredag,lørdag|søn.,man.,tir.,ons.,tor.,fre.,lør.
        USD=USD|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|NOK=kr|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        ne|.|,|-|%|0|1|#,##,##0.###|#,##0%|¤\u{A0}#,##,##0.00
        yy/M/d|y MMM d|y MMMM d|y MMMM d, EEEE|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1} {0}|{1} {0}|पूर्वाह्न|अपराह्न
        जनवरी,फेब्रुअरी,मार्च,अप्रिल,मे,जुन,जुलाई,अगस्ट,सेप्टेम्बर,अक्टोबर,नोभेम्बर,डिसेम्बर|जनवरी,फेब्रुअरी,मार्च,अप्रिल,मे,जुन,जुलाई,अगस्ट,सेप्टेम्बर,अक्टोबर,नोभेम्बर,डिसेम्बर|आइतबार,सोमबार,मङ्गलबार,बुधबार,बिहिबार,शुक्रबार,शनिबार|आइत,सोम,मङ्गल,बुध,बिहि,शुक्र,शनि
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP
        nl|,|.|-|%|0|1|#,##0.###|#,##0%|¤\u{A0}#,##0.00;¤\u{A0}-#,##0.00
        dd-MM-y|d MMM y|d MMMM y|EEEE d MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        januari,februari,maart,april,mei,juni,juli,augustus,september,oktober,november,december|jan,feb,mrt,apr,mei,jun,jul,aug,sep,okt,nov,dec|zondag,maandag,dinsdag,woensdag,donderdag,vrijdag,zaterdag|zo,ma,di,wo,do,vr,za
        USD=US$|JPY=JP¥|AUD=AU$|CAD=C$|THB=฿|PHP=PHP
        nn|,|\u{A0}|−|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd.MM.y|d. MMM y|d. MMMM y|EEEE d. MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1} 'kl'. {0}|{1} {0}|f.m.|e.m.
        januar,februar,mars,april,mai,juni,juli,august,september,oktober,november,desember|jan.,feb.,mars,apr.,mai,juni,juli,aug.,sep.,okt.,nov.,des.|søndag,måndag,tysdag,onsdag,torsdag,fredag,laurdag|sø.,må.,ty.,on.,to.,fr.,la.
        USD=USD|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|NOK=kr|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        pa|.|,|-|%|0|1|#,##,##0.###|#,##,##0%|¤#,##,##0.00
        d/M/yy|d MMM y|d MMMM y|EEEE, d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1} {0}|{1} {0}|AM|PM
        ਜਨਵਰੀ,ਫ਼ਰਵਰੀ,ਮਾਰਚ,ਅਪ੍ਰੈਲ,ਮਈ,ਜੂਨ,ਜੁਲਾਈ,ਅਗਸਤ,ਸਤੰਬਰ,ਅਕਤੂਬਰ,ਨਵੰਬਰ,ਦਸੰਬਰ|ਜਨ,ਫ਼ਰ,ਮਾਰਚ,ਅਪ੍ਰੈ,ਮਈ,ਜੂਨ,ਜੁਲਾ,ਅਗ,ਸਤੰ,ਅਕਤੂ,ਨਵੰ,ਦਸੰ|ਐਤਵਾਰ,ਸੋਮਵਾਰ,ਮੰਗਲਵਾਰ,ਬੁੱਧਵਾਰ,ਵੀਰਵਾਰ,ਸ਼ੁੱਕਰਵਾਰ,ਸ਼ਨੀਵਾਰ|ਐਤ,ਸੋਮ,ਮੰਗਲ,ਬੁੱਧ,ਵੀਰ,ਸ਼ੁੱਕਰ,ਸ਼ਨੀ
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP
        pl|,|\u{A0}|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d.MM.y|d MMM y|d MMMM y|EEEE, d MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1} {0}|{1} {0}|AM|PM
        stycznia,lutego,marca,kwietnia,maja,czerwca,lipca,sierpnia,września,października,listopada,grudnia|sty,lut,mar,kwi,maj,cze,lip,sie,wrz,paź,lis,gru|niedziela,poniedziałek,wtorek,środa,czwartek,piątek,sobota|niedz.,pon.,wt.,śr.,czw.,pt.,sob.
        USD=USD|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|PLN=zł|INR=INR|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        pt|,|.|-|%|0|1|#,##0.###|#,##0%|¤\u{A0}#,##0.00
        dd/MM/y|d 'de' MMM 'de' y|d 'de' MMMM 'de' y|EEEE, d 'de' MMMM 'de' y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        janeiro,fevereiro,março,abril,maio,junho,julho,agosto,setembro,outubro,novembro,dezembro|jan.,fev.,mar.,abr.,mai.,jun.,jul.,ago.,set.,out.,nov.,dez.|domingo,segunda-feira,terça-feira,quarta-feira,quinta-feira,sexta-feira,sábado|dom.,seg.,ter.,qua.,qui.,sex.,sáb.
        USD=US$|JPY=JP¥|AUD=AU$|THB=฿|PHP=PHP
        pt-PT|,|\u{A0}|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd/MM/yy|dd/MM/y|d 'de' MMMM 'de' y|EEEE, d 'de' MMMM 'de' y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        janeiro,fevereiro,março,abril,maio,junho,julho,agosto,setembro,outubro,novembro,dezembro|jan.,fev.,mar.,abr.,mai.,jun.,jul.,ago.,set.,out.,nov.,dez.|domingo,segunda-feira,terça-feira,quarta-feira,quinta-feira,sexta-feira,sábado|domingo,segunda,terça,quarta,quinta,sexta,sábado
        USD=US$|JPY=JP¥|AUD=AU$|THB=฿|PHP=PHP
        ro|,|.|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd.MM.y|d MMM y|d MMMM y|EEEE, d MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|a.m.|p.m.
        ianuarie,februarie,martie,aprilie,mai,iunie,iulie,august,septembrie,octombrie,noiembrie,decembrie|ian.,feb.,mar.,apr.,mai,iun.,iul.,aug.,sept.,oct.,nov.,dec.|duminică,luni,marți,miercuri,joi,vineri,sâmbătă|dum.,lun.,mar.,mie.,joi,vin.,sâm.
        USD=USD|EUR=EUR|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        ru|,|\u{A0}|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        dd.MM.y|d MMM y\u{202F}'г'.|d MMMM y\u{202F}'г'.|EEEE, d MMMM y\u{202F}'г'.|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        января,февраля,марта,апреля,мая,июня,июля,августа,сентября,октября,ноября,декабря|янв.,февр.,мар.,апр.,мая,июн.,июл.,авг.,сент.,окт.,нояб.,дек.|воскресенье,понедельник,вторник,среда,четверг,пятница,суббота|вс,пн,вт,ср,чт,пт,сб
        RUB=₽|UAH=₴|THB=฿|PHP=PHP
        si|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y-MM-dd|y MMM d|y MMMM d|y MMMM d, EEEE|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|පෙ.ව.|ප.ව.
        දුරුතු,නවම්,මැදින්,බක්,වෙසක්,පොසොන්,ඇසළ,නිකිණි,බිනර,වප්,ඉල්,උඳුවප්|දුරුතු,නවම්,මැදින්,බක්,වෙසක්,පොසොන්,ඇසළ,නිකිණි,බිනර,වප්,ඉල්,උඳුවප්|ඉරිදා,සඳුදා,අඟහරුවාදා,බදාදා,බ්\u{200D}රහස්පතින්දා,සිකුරාදා,සෙනසුරාදා|ඉරිදා,සඳුදා,අඟහ,බදාදා,බ්\u{200D}රහස්,සිකු,සෙන
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP
        sk|,|\u{A0}|-|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        d. M. y|d. M. y|d. MMMM y|EEEE d. MMMM y|H:mm|H:mm:ss|{1} {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        januára,februára,marca,apríla,mája,júna,júla,augusta,septembra,októbra,novembra,decembra|jan,feb,mar,apr,máj,jún,júl,aug,sep,okt,nov,dec|nedeľa,pondelok,utorok,streda,štvrtok,piatok,sobota|ne,po,ut,st,št,pi,so
        USD=USD|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|INR=INR|BRL=BRL|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=NIS
        sl|,|.|−|%|0|2|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        d. M. y|d. MMM y|d. MMMM y|EEEE, d. MMMM y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1} {0}|{1} {0}|dop.|pop.
        januar,februar,marec,april,maj,junij,julij,avgust,september,oktober,november,december|jan.,feb.,mar.,apr.,maj,jun.,jul.,avg.,sep.,okt.,nov.,dec.|nedelja,ponedeljek,torek,sreda,četrtek,petek,sobota|ned.,pon.,tor.,sre.,čet.,pet.,sob.
        GBP=GBP|AUD=AUD|CAD=CAD|NZD=NZD|BRL=BRL|MXN=MXN|TWD=TWD|PHP=PHP
        sq|,|\u{A0}|-|%|0|2|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d.M.yy|d MMM y|d MMMM y|EEEE, d MMMM y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|p.d.|m.d.
        janar,shkurt,mars,prill,maj,qershor,korrik,gusht,shtator,tetor,nëntor,dhjetor|jan,shk,mar,pri,maj,qer,korr,gush,sht,tet,nën,dhj|e diel,e hënë,e martë,e mërkurë,e enjte,e premte,e shtunë|die,hën,mar,mër,enj,pre,sht
        USD=US$|JPY=JP¥|BRL=BRL|THB=฿|PHP=PHP
        sr|,|.|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d. M. y.|d. M. y.|d. MMMM y.|EEEE, d. MMMM y.|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        јануар,фебруар,март,април,мај,јун,јул,август,септембар,октобар,новембар,децембар|јан,феб,мар,апр,мај,јун,јул,авг,сеп,окт,нов,дец|недеља,понедељак,уторак,среда,четвртак,петак,субота|нед,пон,уто,сре,чет,пет,суб
        USD=US$|AUD=AUD|NZD=NZD|KRW=KRW|PHP=PHP|VND=VND
        sr-Latn|,|.|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d. M. y.|d. M. y.|d. MMMM y.|EEEE, d. MMMM y.|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        januar,februar,mart,april,maj,jun,jul,avgust,septembar,oktobar,novembar,decembar|jan,feb,mar,apr,maj,jun,jul,avg,sep,okt,nov,dec|nedelja,ponedeljak,utorak,sreda,četvrtak,petak,subota|ned,pon,uto,sre,čet,pet,sub
        USD=US$|AUD=AUD|NZD=NZD|KRW=KRW|PHP=PHP|VND=VND
        sv|,|\u{A0}|−|%|0|1|#,##0.###|#,##0\u{A0}%|#,##0.00\u{A0}¤
        y-MM-dd|d MMM y|d MMMM y|EEEE d MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|fm|em
        januari,februari,mars,april,maj,juni,juli,augusti,september,oktober,november,december|jan.,feb.,mars,apr.,maj,juni,juli,aug.,sep.,okt.,nov.,dec.|söndag,måndag,tisdag,onsdag,torsdag,fredag,lördag|sön,mån,tis,ons,tors,fre,lör
        USD=US$|GBP=GBP|JPY=JPY|CNY=CNY|AUD=AUD|NZD=NZD|SEK=kr|NOK=Nkr|DKK=Dkr|INR=INR|BRL=BR$|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|EGP=EG£|ISK=Ikr
        sw|.|,|-|%|0|1|#,##0.###|#,##0%|¤\u{A0}#,##0.00
        dd/MM/y|d MMM y|d MMMM y|EEEE, d MMMM y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        Januari,Februari,Machi,Aprili,Mei,Juni,Julai,Agosti,Septemba,Oktoba,Novemba,Desemba|Jan,Feb,Mac,Apr,Mei,Jun,Jul,Ago,Sep,Okt,Nov,Des|Jumapili,Jumatatu,Jumanne,Jumatano,Alhamisi,Ijumaa,Jumamosi|Jumapili,Jumatatu,Jumanne,Jumatano,Alhamisi,Ijumaa,Jumamosi
        USD=US$|JPY=JP¥|THB=฿|PHP=PHP|KES=Ksh
        ta|.|,|-|%|0|1|#,##,##0.###|#,##,##0%|¤\u{A0}#,##0.00
        d/M/yy|d MMM, y|d MMMM, y|EEEE, d MMMM, y|h:mm a|h:mm:ss a|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|AM|PM
        ஜனவரி,பிப்ரவரி,மார்ச்,ஏப்ரல்,மே,ஜூன்,ஜூலை,ஆகஸ்ட்,செப்டம்பர்,அக்டோபர்,நவம்பர்,டிசம்பர்|ஜன.,பிப்.,மார்.,ஏப்.,மே,ஜூன்,ஜூலை,ஆக.,செப்.,அக்.,நவ.,டிச.|ஞாயிறு,திங்கள்,செவ்வாய்,புதன்,வியாழன்,வெள்ளி,சனி|ஞாயி.,திங்.,செவ்.,புத.,வியா.,வெள்.,சனி
        THB=฿|PHP=PHP
        te|.|,|-|%|0|1|#,##,##0.###|#,##0%|¤#,##,##0.00
        d/M/yy|d MMM, y|d MMMM, y|d, MMMM y, EEEE|h:mm a|h:mm:ss a|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        జనవరి,ఫిబ్రవరి,మార్చి,ఏప్రిల్,మే,జూన్,జులై,ఆగస్టు,సెప్టెంబర్,అక్టోబర్,నవంబర్,డిసెంబర్|జన,ఫిబ్ర,మార్చి,ఏప్రి,మే,జూన్,జులై,ఆగ,సెప్టెం,అక్టో,నవం,డిసెం|ఆదివారం,సోమవారం,మంగళవారం,బుధవారం,గురువారం,శుక్రవారం,శనివారం|ఆది,సోమ,మంగళ,బుధ,గురు,శుక్ర,శని
        JPY=JP¥|THB=฿|PHP=PHP
        th|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/yy|d MMM y|d MMMM y|EEEEที่ d MMMM y|HH:mm น.|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        มกราคม,กุมภาพันธ์,มีนาคม,เมษายน,พฤษภาคม,มิถุนายน,กรกฎาคม,สิงหาคม,กันยายน,ตุลาคม,พฤศจิกายน,ธันวาคม|ม.ค.,ก.พ.,มี.ค.,เม.ย.,พ.ค.,มิ.ย.,ก.ค.,ส.ค.,ก.ย.,ต.ค.,พ.ย.,ธ.ค.|วันอาทิตย์,วันจันทร์,วันอังคาร,วันพุธ,วันพฤหัสบดี,วันศุกร์,วันเสาร์|อาทิตย์,จันทร์,อังคาร,พุธ,พฤหัส,ศุกร์,เสาร์
        USD=US$|AUD=AU$|THB=฿|PHP=PHP
        tr|,|.|-|%|0|1|#,##0.###|%#,##0|¤#,##0.00
        d.MM.y|d MMM y|d MMMM y|d MMMM y EEEE|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|ÖÖ|ÖS
        Ocak,Şubat,Mart,Nisan,Mayıs,Haziran,Temmuz,Ağustos,Eylül,Ekim,Kasım,Aralık|Oca,Şub,Mar,Nis,May,Haz,Tem,Ağu,Eyl,Eki,Kas,Ara|Pazar,Pazartesi,Salı,Çarşamba,Perşembe,Cuma,Cumartesi|Paz,Pzt,Sal,Çar,Per,Cum,Cmt
        AUD=AU$|TRY=₺|THB=฿|PHP=PHP
        uk|,|\u{A0}|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd.MM.yy|d MMM y\u{202F}'р'.|d MMMM y\u{202F}'р'.|EEEE, d MMMM y\u{202F}'р'.|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|дп|пп
        січня,лютого,березня,квітня,травня,червня,липня,серпня,вересня,жовтня,листопада,грудня|січ.,лют.,бер.,квіт.,трав.,черв.,лип.,серп.,вер.,жовт.,лист.,груд.|неділя,понеділок,вівторок,середа,четвер,пʼятниця,субота|нд,пн,вт,ср,чт,пт,сб
        USD=USD|EUR=EUR|GBP=GBP|CNY=CNY|AUD=AUD|CAD=CAD|NZD=NZD|UAH=₴|INR=INR|BRL=BRL|MXN=MXN|KRW=KRW|HKD=HKD|TWD=TWD|PHP=PHP|VND=VND|ILS=ILS
        ur|.|,|\u{200E}-|٪|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/yy|d MMM، y|d MMMM، y|EEEE، d MMMM، y|h:mm a|h:mm:ss a|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        جنوری,فروری,مارچ,اپریل,مئی,جون,جولائی,اگست,ستمبر,اکتوبر,نومبر,دسمبر|جنوری,فروری,مارچ,اپریل,مئی,جون,جولائی,اگست,ستمبر,اکتوبر,نومبر,دسمبر|اتوار,پیر,منگل,بدھ,جمعرات,جمعہ,ہفتہ|اتوار,پیر,منگل,بدھ,جمعرات,جمعہ,ہفتہ
        JPY=JP¥|THB=฿|PHP=PHP|PKR=Rs
        uz|,|\u{A0}|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        dd/MM/yy|d-MMM, y|d-MMMM, y|EEEE, d-MMMM, y|HH:mm|HH:mm:ss|{1}, {0}|{1}, {0}|{1}, {0}|{1}, {0}|TO|TK
        yanvar,fevral,mart,aprel,may,iyun,iyul,avgust,sentabr,oktabr,noyabr,dekabr|yan,fev,mar,apr,may,iyn,iyl,avg,sen,okt,noy,dek|yakshanba,dushanba,seshanba,chorshanba,payshanba,juma,shanba|Yak,Dush,Sesh,Chor,Pay,Jum,Shan
        USD=US$|JPY=JP¥|PHP=PHP
        vi|,|.|-|%|0|1|#,##0.###|#,##0%|#,##0.00\u{A0}¤
        d/M/yy|d MMM, y|d MMMM, y|EEEE, d MMMM, y|HH:mm|HH:mm:ss|{0} {1}|{0} {1}|{0} {1}|{0} {1}|SA|CH
        tháng 1,tháng 2,tháng 3,tháng 4,tháng 5,tháng 6,tháng 7,tháng 8,tháng 9,tháng 10,tháng 11,tháng 12|thg 1,thg 2,thg 3,thg 4,thg 5,thg 6,thg 7,thg 8,thg 9,thg 10,thg 11,thg 12|Chủ Nhật,Thứ Hai,Thứ Ba,Thứ Tư,Thứ Năm,Thứ Sáu,Thứ Bảy|CN,Thứ 2,Thứ 3,Thứ 4,Thứ 5,Thứ 6,Thứ 7
        USD=US$|AUD=AU$|THB=฿|PHP=PHP
        zh|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y/M/d|y年M月d日|y年M月d日|y年M月d日EEEE|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|上午|下午
        一月,二月,三月,四月,五月,六月,七月,八月,九月,十月,十一月,十二月|1月,2月,3月,4月,5月,6月,7月,8月,9月,10月,11月,12月|星期日,星期一,星期二,星期三,星期四,星期五,星期六|周日,周一,周二,周三,周四,周五,周六
        USD=US$|JPY=JP¥|CNY=¥|AUD=AU$|PHP=PHP
        zh-Hant|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y/M/d|y年M月d日|y年M月d日|y年M月d日 EEEE|ah:mm|ah:mm:ss|{1}\u{2009}{0}|{1} {0}|{1} {0}|{1} {0}|上午|下午
        1月,2月,3月,4月,5月,6月,7月,8月,9月,10月,11月,12月|1月,2月,3月,4月,5月,6月,7月,8月,9月,10月,11月,12月|星期日,星期一,星期二,星期三,星期四,星期五,星期六|週日,週一,週二,週三,週四,週五,週六
        USD=US$|AUD=AU$|KRW=￦|TWD=$|PHP=PHP
        zh-HK|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        d/M/y|y年M月d日|y年M月d日|y年M月d日EEEE|ah:mm|ah:mm:ss|{1}\u{2009}{0}|{1} {0}|{1} {0}|{1} {0}|上午|下午
        1月,2月,3月,4月,5月,6月,7月,8月,9月,10月,11月,12月|1月,2月,3月,4月,5月,6月,7月,8月,9月,10月,11月,12月|星期日,星期一,星期二,星期三,星期四,星期五,星期六|週日,週一,週二,週三,週四,週五,週六
        USD=US$|AUD=AU$|PHP=PHP
        zu|.|,|-|%|0|1|#,##0.###|#,##0%|¤#,##0.00
        y-MM-dd|MMM d, y|MMMM d, y|EEEE, MMMM d, y|HH:mm|HH:mm:ss|{1} {0}|{1} {0}|{1} {0}|{1} {0}|AM|PM
        Januwari,Februwari,Mashi,Ephreli,Meyi,Juni,Julayi,Agasti,Septhemba,Okthoba,Novemba,Disemba|Jan,Feb,Mas,Eph,Mey,Jun,Jul,Aga,Sep,Okt,Nov,Dis|ISonto,UMsombuluko,ULwesibili,ULwesithathu,ULwesine,ULwesihlanu,UMgqibelo|Son,Mso,Bil,Tha,Sin,Hla,Mgq
        JPY=JP¥|THB=฿|PHP=PHP|ZAR=R
        """
}
