//! The lexicon beyond English and its nearest neighbours: the same classes in other languages.
//!
//! Written as in `lexicon`. Words of scripts with endings are stems; those of scripts without
//! spaces begin anywhere.

use crate::lexicon::{
    ABOUT, ANSWER, AUTHORITY, COMING, EVERYTHING, NO_REFUSAL, NOW, ORDERS, OVERRIDE, PERSONA,
    POLICY, REFERENCE, REVEAL, REVOKED, ROLE, SAY, SECRECY, SHAPE, SYSTEM_PROMPT, TASK, TOLD,
    UNBOUND, URGENT,
};

/// More of the lexicon.
pub(crate) const LANGUAGES: &[(u64, &str)] = &[
    // German.
    (
        OVERRIDE,
        "ignorierst|beachte nicht|uberschreibe|setze dich hinweg|lass beiseite|vergisst|missachtest|widersetze dich",
    ),
    (
        REVEAL,
        "verrate|verrat mir|gib mir|gib aus|offenbare|zitiere|liste auf|sag mir",
    ),
    (
        SYSTEM_PROMPT,
        "dein systemprompt|deinen systemprompt|dein prompt|deine systemnachricht|deine geheimen|text uber|deine konfiguration|deine regeln|deine befehle",
    ),
    (
        UNBOUND,
        "keine regeln|ohne regeln|keine einschrankungen|keinerlei|ohne filter|keine filter|alles tun|keine grenzen|ohne moral|unzensiert",
    ),
    (PERSONA, "gottmodus|debugmodus|boser modus"),
    (
        ROLE,
        "tu so|ab jetzt bist du|verhalte dich|ubernimm die rolle|simuliere",
    ),
    (
        NO_REFUSAL,
        "weigere dich nie|bleib in der rolle|verlasse nie die rolle|niemals ablehnt",
    ),
    (
        REVOKED,
        "gelten nicht mehr|ungultig|aufgehoben|nicht mehr gultig",
    ),
    // French.
    (
        OVERRIDE,
        "laisse tomber|annule|efface|ne respecte pas|mets de cote|desobeis|ignores|oublies",
    ),
    (
        REVEAL,
        "donne-moi|donnez-moi|dis-moi|imprime|recopie|divulgue|montre-moi|ecris-moi",
    ),
    (
        SYSTEM_PROMPT,
        "ton prompt|votre prompt|tes regles|tes consignes|texte ci-dessus|message initial|ta configuration|instructions initiales|prompt initial",
    ),
    (
        UNBOUND,
        "aucune regle|aucune limite|sans regle|sans limite|sans limites|sans filtre|sans censure|tout faire|sans restriction|sans restrictions|sans morale",
    ),
    (
        ROLE,
        "tu es maintenant|vous etes maintenant|fais semblant|comporte-toi|imagine que tu es|joue le role",
    ),
    (
        NO_REFUSAL,
        "ne refuse jamais|ne jamais refuser|reste dans ton role|ne sors jamais",
    ),
    (PERSONA, "mode dieu|mode debogage|sans filtre"),
    (
        REVOKED,
        "ne sont plus valables|sont annulees|ne comptent plus|ne s'appliquent plus",
    ),
    // Spanish.
    (
        OVERRIDE,
        "deja de lado|pasa por alto|anula|borra|desobedece|ignores|olvides",
    ),
    (REVEAL, "ensename|dame|muestreme|copia|filtra|enumera"),
    (
        SYSTEM_PROMPT,
        "tu prompt|tus reglas|tu configuracion|mensaje inicial|texto de arriba|prompt inicial|instrucciones iniciales|tus indicaciones",
    ),
    (
        UNBOUND,
        "sin reglas|sin limites|sin filtros|sin censura|sin restricciones|no tiene reglas|no tiene limites|cualquier cosa|sin etica",
    ),
    (
        ROLE,
        "ahora eres|finge ser|imagina que eres|comportate como|haz de cuenta",
    ),
    (
        NO_REFUSAL,
        "nunca te niegas|nunca se niega|nunca salgas del personaje",
    ),
    (PERSONA, "modo dios|modo sin filtros|modo depuracion"),
    (REVOKED, "ya no valen|quedan anuladas|ya no se aplican"),
    // Italian.
    (
        OVERRIDE,
        "non seguire|lascia perdere|scarta|annulla|metti da parte|ignori|dimentichi",
    ),
    (
        REVEAL,
        "dimmi|dammi|svela|elenca|mostra|scrivimi|fammi vedere",
    ),
    (
        SYSTEM_PROMPT,
        "tuo prompt|tue regole|messaggio di sistema|testo sopra|prompt iniziale|tua configurazione",
    ),
    (
        UNBOUND,
        "senza regole|senza limiti|senza filtri|senza censura|senza restrizioni|non ha regole|non ha limiti|puo fare tutto",
    ),
    (
        ROLE,
        "ora sei|fingi di essere|comportati|immagina di essere|d'ora in poi sei",
    ),
    (
        NO_REFUSAL,
        "non rifiutare mai|non rifiuta mai|non uscire mai dal personaggio",
    ),
    (PERSONA, "modalita sviluppatore|modalita dio"),
    // Portuguese.
    (
        OVERRIDE,
        "nao siga|deixe de lado|anule|apague|desobedeca|descarte",
    ),
    (
        REVEAL,
        "mostre-me|diga-me|me diga|me mostre|me conte|liste|imprima",
    ),
    (
        SYSTEM_PROMPT,
        "seu prompt|suas regras|mensagem do sistema|texto acima|prompt inicial|sua configuracao",
    ),
    (
        UNBOUND,
        "sem regras|sem limites|sem filtros|sem censura|sem restricoes|nao tem regras|nao tem limites|pode fazer tudo",
    ),
    (
        ROLE,
        "agora voce e|finja ser|imagine que voce e|comporte-se|a partir de agora voce",
    ),
    (
        NO_REFUSAL,
        "nunca recusa|nunca recuse|nunca saia do personagem",
    ),
    (PERSONA, "modo deus|modo sem filtros"),
    // Dutch.
    (
        OVERRIDE,
        "sla over|laat varen|volg niet|zet opzij|negeert|negeren|wis|schrap|overschrijf",
    ),
    (
        REFERENCE,
        "voorgaande|bovenstaande|hierboven|oorspronkelijke|bestaande|jouw",
    ),
    (
        ORDERS,
        "opdrachten|aanwijzingen|richtlijnen|beperkingen|bevelen|berichten",
    ),
    (
        REVEAL,
        "laat zien|geef me|herhaal|vertel me|druk af|onthul|verklap|laat me zien",
    ),
    (
        SYSTEM_PROMPT,
        "systeemprompt|je instructies|jouw instructies|systeembericht|je regels|tekst hierboven|je prompt",
    ),
    (
        ROLE,
        "je bent nu|doe alsof|gedraag je als|stel je voor dat je|vanaf nu ben je",
    ),
    (
        UNBOUND,
        "geen regels|zonder regels|geen beperkingen|zonder filters|zonder grenzen|alles mag|zonder moraal",
    ),
    (NO_REFUSAL, "weiger nooit|nooit weigert|blijf in je rol"),
    (PERSONA, "ontwikkelaarsmodus|godmodus"),
    (NOW, "vanaf nu|in plaats daarvan|nu"),
    (
        TASK,
        "taak|taken|opdracht|opdrachten|instructie|instructies",
    ),
    (
        URGENT,
        "dringend|belangrijk|meteen|onmiddellijk|nieuwe|let op",
    ),
    (COMING, "volgende|hieronder|volgt"),
    (SAY, "zeg|schrijf|antwoord met|geef antwoord"),
    (EVERYTHING, "alles wat"),
    // Polish.
    (
        OVERRIDE,
        "pomin|odrzuc|porzuc|anuluj|uniewaznij|nie stosuj|zapomnij o|zignorowac|zapomniec",
    ),
    (
        REFERENCE,
        "wczesniejsze|powyzsze|dotychczasowe|pierwotne|poprzednich|wczesniejszych|powyzszych|swoje|twoje|powyzej",
    ),
    (
        ORDERS,
        "instrukcji|polecen|zasad|reguly|wytyczne|wytycznych|ograniczenia|wskazowki|rozkazy",
    ),
    (
        REVEAL,
        "podaj|powtorz|wypisz|wyswietl|powiedz mi|napisz mi|zdradz|zacytuj|pokaz mi",
    ),
    (
        SYSTEM_PROMPT,
        "prompt systemowy|promptu systemowego|swoje instrukcje|twoje instrukcje|wiadomosc systemowa|tekst powyzej|swoje zasady",
    ),
    (
        ROLE,
        "jestes teraz|od teraz jestes|udawaj|zachowuj sie jak|wyobraz sobie, ze jestes|wciel sie w",
    ),
    (
        UNBOUND,
        "bez zasad|bez ograniczen|bez filtrow|bez cenzury|zadnych zasad|moze robic wszystko|nie ma ograniczen|bez moralnosci",
    ),
    (
        NO_REFUSAL,
        "nigdy nie odmawiaj|nigdy nie odmawia|nie wychodz z roli",
    ),
    (
        PERSONA,
        "tryb programisty|tryb dewelopera|tryb boga|tryb debugowania",
    ),
    (NOW, "zamiast tego|od tej pory"),
    (TASK, "zadanie|zadania|polecenie"),
    (
        URGENT,
        "pilne|wazne|uwaga|natychmiast|nowe zadanie|nowe polecenie",
    ),
    (COMING, "nastepujace|nastepne|ponizsze|ponizej"),
    (SAY, "powiedz|napisz|odpowiedz"),
    (EVERYTHING, "wszystko, co|wszystko co|wszystko powyzej"),
    // Russian.
    (
        OVERRIDE,
        "пропусти|отмени|сотри|нарушь|не обращай внимания|игнорировать|забыть|не выполняй|отбрось",
    ),
    (
        REFERENCE,
        "вышеуказанн|прошл|исходн|начальн|существующ|ранее|твои|свои",
    ),
    (ORDERS, "ограничени|приказ|сообщени|установк|запрет|промпт"),
    (
        REVEAL,
        "скажи мне|назови|распечатай|процитируй|выдай|перечисли|расскажи",
    ),
    (
        SYSTEM_PROMPT,
        "системный промпт|системную подсказку|свои инструкции|твои инструкции|системное сообщение|текст выше|начальный промпт|свои правила|твои правила",
    ),
    (
        ROLE,
        "теперь ты|отныне ты|с этого момента ты|веди себя как|действуй как|притворись|сыграй роль",
    ),
    (
        UNBOUND,
        "без правил|без ограничений|без фильтров|без цензуры|нет правил|нет ограничений|может делать все|не имеет ограничений|без морали",
    ),
    (NO_REFUSAL, "никогда не отказыва|не выходи из роли"),
    (PERSONA, "режим бога|режим отладки"),
    (NOW, "с этого момента|сейчас"),
    (URGENT, "немедленно|внимание|новая задача|новое указание"),
    (COMING, "ниже"),
    (REVOKED, "больше не действуют|отменены|недействительны"),
    (ABOUT, "исследователи|атака|фразы вроде"),
    (SECRECY, "не говори пользователю"),
    (ANSWER, "пользовател"),
    (SHAPE, "добавь|упомяни|порекомендуй|закончи"),
    (POLICY, "политик|цензур|этик|морал"),
    // Chinese.
    (OVERRIDE, "不要遵守|抛弃|跳过|绕过|取消|忽视|不用管|撇开"),
    (REFERENCE, "上面|前面|原来|你的|此前|全部|先前|任何"),
    (ORDERS, "限制|要求|设定|提示词|对话|内容|规定|约束"),
    (REVEAL, "泄露|写出|给我看|列出|说出|展示|给出|是什么"),
    (
        SYSTEM_PROMPT,
        "系统消息|你的指令|初始提示|你的提示|以上内容|你的设定|你的规则|系统提示语|原始指令",
    ),
    (
        ROLE,
        "从现在起你是|你现在|假装|扮演|想象你是|充当|模拟|角色扮演",
    ),
    (
        UNBOUND,
        "没有任何规则|没有限制|没有任何限制|不受限制|不受约束|任何事|不受道德|不受审查|无限制|没有规则|无视法律|没有道德",
    ),
    (NO_REFUSAL, "永远不要拒绝|不会拒绝|不要脱离角色|不能拒绝"),
    (PERSONA, "上帝模式|调试模式|越狱模式"),
    (TASK, "新任务|新指令|新的命令"),
    (
        URGENT,
        "立即|注意|马上|新的任务|新任务|新指令|新的命令|额外",
    ),
    (COMING, "下一步|下面的"),
    (SAY, "只说|回答|写一"),
    (EVERYTHING, "所有内容|之前的一切|我之前说的"),
    (REVOKED, "不再有效|作废|无效|取消了"),
    (SECRECY, "不要告诉用户"),
    (SHAPE, "加入|提到|推荐|插入"),
    (ABOUT, "研究人员|攻击|这样的句子|提示注入"),
    (AUTHORITY, "开发者|系统管理员"),
    // Japanese.
    (OVERRIDE, "破棄|従わない|取り消|スキップ|無効に|従わなくて"),
    (
        REFERENCE,
        "今までの|先ほどの|最初の|元の|全ての|あなたの|一切の",
    ),
    (ORDERS, "規則|制限|ガイドライン|会話|指令|内容"),
    (
        REVEAL,
        "繰り返して|書いて|明かして|コピーして|何ですか|公開して",
    ),
    (
        SYSTEM_PROMPT,
        "あなたの指示|システムメッセージ|上のテキスト|最初のプロンプト|あなたのルール|秘密のルール|初期プロンプト",
    ),
    (
        ROLE,
        "あなたは今から|これからあなたは|のふりをして|として振る舞|演じて",
    ),
    (
        UNBOUND,
        "ルールがない|制限がない|何でもできる|縛られない|制限のない|無制限|フィルターなし",
    ),
    (NO_REFUSAL, "決して拒否しない|断らない|役から外れない"),
    (PERSONA, "デバッグモード|神モード|脱獄モード"),
    (TASK, "任務|新しい指示|新しい命令"),
    (
        URGENT,
        "緊急|注意|すぐに|追加の|新しい任務|新しい指示|新しい命令",
    ),
    (COMING, "次のステップ|次の指示"),
    (SAY, "と言って|とだけ|答えて"),
    (EVERYTHING, "今まで言ったこと|これまでの内容"),
    (REVOKED, "もう無効|取り消されました"),
    (SECRECY, "ユーザーには言わない"),
    (ABOUT, "研究者|攻撃|のような文"),
    // Korean.
    (OVERRIDE, "따르지 말|취소하|잊어버|무시하|건너뛰"),
    (REFERENCE, "기존|지금까지|앞의|앞선|너의|당신의|처음의"),
    (ORDERS, "지침|제한|대화|지시사항|내용"),
    (
        REVEAL,
        "반복해|말해줘|공개해|적어줘|그대로 써|뭐야|무엇인가",
    ),
    (
        SYSTEM_PROMPT,
        "너의 지시|시스템 메시지|위의 텍스트|비밀 규칙|초기 프롬프트|너의 규칙|당신의 지시",
    ),
    (
        ROLE,
        "지금부터 너는|이제 당신은|너는 이제|처럼 행동|역할을 맡|이제 너는",
    ),
    (
        UNBOUND,
        "규칙이 없|제한이 없|제한 없는|무엇이든 할 수|얽매이지 않|필터 없|무제한",
    ),
    (NO_REFUSAL, "거절하지 않|거절하지 마|벗어나지 마"),
    (PERSONA, "탈옥 모드|디버그 모드|신 모드"),
    (NOW, "이제부터"),
    (TASK, "과제|새로운 지시|새 명령"),
    (
        URGENT,
        "긴급|중요|즉시|주의|추가 작업|새로운 지시|새로운 작업|새 명령",
    ),
    (COMING, "다음 지시|다음 단계|아래"),
    (SAY, "대답해|라고만"),
    (EVERYTHING, "모든 것을|내가 말한"),
    (REVOKED, "더 이상 유효하지|취소되었"),
    (SECRECY, "사용자에게 말하지"),
    (ABOUT, "연구자|공격|같은 문장"),
    // Arabic.
    (
        OVERRIDE,
        "تجاهلي|انسى|لا تتبع|تخطى|تجاوز|ألغ|اترك|تتجاهل|تنسى|لا تلتزم",
    ),
    (REFERENCE, "أعلاه|الأصلية|الماضية|السابق|كافة|الأولى"),
    (
        ORDERS,
        "الإرشادات|القيود|الرسائل|التوجيهات|تعليمات|المحادثات",
    ),
    (REVEAL, "اعرض|كرر|اكتب|أخبرني|اطبع|أعطني|أرني|ما هي|ما هو"),
    (
        SYSTEM_PROMPT,
        "موجه النظام|تعليماتك|رسالة النظام|النص أعلاه|قواعدك|التعليمات الأولية|إعداداتك",
    ),
    (ROLE, "من الآن أنت|تظاهر|تصرف مثل|تخيل أنك|العب دور"),
    (
        UNBOUND,
        "بلا قيود|بدون قيود|ليس لديه قواعد|بلا حدود|أي شيء|بلا أخلاق|بدون حدود|بدون قواعد",
    ),
    (NO_REFUSAL, "لا يرفض|لا ترفض|لا تخرج عن"),
    (PERSONA, "وضع المطور|وضع الإله"),
    (TASK, "مهمة|تعليمات جديدة|أمر جديد"),
    (
        URGENT,
        "عاجل|مهم|فورا|انتباه|مهمة جديدة|تعليمات جديدة|أمر جديد|إضافية",
    ),
    (COMING, "التالية|ما يلي"),
    (SAY, "قل|أجب"),
    (EVERYTHING, "كل ما|كل شيء"),
    (REVOKED, "ملغاة|لم تعد سارية"),
    (SECRECY, "لا تخبر المستخدم"),
    (ABOUT, "الباحثون|هجمات|عبارات مثل"),
    (AUTHORITY, "المسؤول|المطور"),
    // Hindi.
    (
        OVERRIDE,
        "अनदेखा|भूल जाओ|भूल जाइए|भूल जाएं|मत मानो|छोड़ दो|रद्द करो|नज़रअंदाज़|अनदेखी",
    ),
    (REFERENCE, "पहले के|ऊपर के|पुराने|मूल|सारे|अपने|पूर्व|तुम्हारे"),
    (ORDERS, "आदेश|संदेश|हिदायत|प्रतिबंध|दिशानिर्देश"),
    (REVEAL, "लिखो|दोहराओ|प्रकट करो|क्या है|क्या हैं|छापो"),
    (
        SYSTEM_PROMPT,
        "सिस्टम प्रॉम्प्ट|अपने निर्देश|सिस्टम संदेश|ऊपर का पाठ|तुम्हारे निर्देश|आपके निर्देश",
    ),
    (
        ROLE,
        "अब तुम|अब से तुम|मान लो कि तुम|कल्पना करो कि तुम|अब आप|की भूमिका",
    ),
    (
        UNBOUND,
        "कोई नियम नहीं|कोई सीमा नहीं|बिना सीमा|सब कुछ कर सकता|बिना नियम|बिना फ़िल्टर",
    ),
    (NO_REFUSAL, "मना नहीं करता|मना मत करो|किरदार से बाहर मत"),
    (PERSONA, "डेवलपर मोड|भगवान मोड"),
    (NOW, "इसके बजाय|अब से"),
    (TASK, "काम|नया निर्देश|नया आदेश"),
    (URGENT, "तुरंत|महत्वपूर्ण|ध्यान दो|नया काम|नया निर्देश|नया आदेश"),
    (COMING, "अगला|आगे जो"),
    (SAY, "कहो|जवाब दो|केवल"),
    (EVERYTHING, "सब कुछ|हर बात"),
    (ABOUT, "शोधकर्ता|हमल|जैसे वाक्य"),
    // Turkish.
    (
        OVERRIDE,
        "yok sayin|dikkate alma|bos ver|iptal et|takip etme|goz ardi et|gormezden gelin|unutun|unutmalisin|yok saymalisin",
    ),
    (
        REFERENCE,
        "yukaridaki|bundan onceki|mevcut|butun|verilen tum|senin",
    ),
    (
        ORDERS,
        "komutlari|komutlar|yonergeleri|yonergeler|emirleri|mesajlari|kisitlamalari|istemleri|talimatlarini|kurallarini",
    ),
    (
        REVEAL,
        "goster|soyle|yazdir|tekrarla|acikla|bana ver|paylas|listele|nedir",
    ),
    (
        SYSTEM_PROMPT,
        "sistem istemi|sistem istemini|sistem istemin|talimatlarini|talimatlarin|sistem mesajini|yukaridaki metni|gizli kurallarini",
    ),
    (
        ROLE,
        "artik sen|bundan sonra sen|farz et ki sen|gibi davran|rolunu oyna|hayal et ki sen",
    ),
    (
        UNBOUND,
        "kurali yok|hicbir kural|siniri yok|sinirsiz|filtresiz|her seyi yapabilir|kuralsiz|sansursuz",
    ),
    (NO_REFUSAL, "asla reddetme|asla reddetmez|rolden cikma"),
    (
        PERSONA,
        "gelistirici modu|gelistirici modunu|tanri modu|tanri modunu",
    ),
    (NOW, "bundan sonra|bunun yerine|simdi|artik"),
    (TASK, "gorev|gorevin|talimat"),
    (
        URGENT,
        "acil|onemli|hemen|dikkat|yeni gorev|yeni talimat|yeni emir",
    ),
    (COMING, "sonraki|asagidaki"),
    (EVERYTHING, "her seyi|soyledigim her"),
    (REVOKED, "artik gecerli degil|iptal edildi"),
    (ABOUT, "arastirmacilar|saldiri|gibi cumleleri"),
    (TOLD, "soylenen|verilen"),
];
