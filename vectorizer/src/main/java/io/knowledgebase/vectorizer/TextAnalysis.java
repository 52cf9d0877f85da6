package io.knowledgebase.vectorizer;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.de.GermanAnalyzer;
import org.apache.lucene.analysis.de.GermanLightStemFilter;
import org.apache.lucene.analysis.de.GermanNormalizationFilter;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.es.SpanishAnalyzer;
import org.apache.lucene.analysis.es.SpanishLightStemFilter;
import org.apache.lucene.analysis.fr.FrenchAnalyzer;
import org.apache.lucene.analysis.fr.FrenchLightStemFilter;
import org.apache.lucene.analysis.icu.ICUFoldingFilter;
import org.apache.lucene.analysis.icu.segmentation.ICUTokenizer;
import org.apache.lucene.analysis.util.ElisionFilter;

/**
 * How text becomes terms: words of every script are segmented and folded by Unicode's rules, and those of one language
 * are stemmed and rid of stop words besides.
 */
public enum TextAnalysis {
    /** Folds first: its stop words and endings have no accents. */
    ENGLISH {
        @Override
        TokenStream terms(TokenStream words) {
            TokenStream terms = new EnglishPossessiveFilter(new ICUFoldingFilter(words));
            return new PorterStemFilter(new StopFilter(terms, EnglishAnalyzer.ENGLISH_STOP_WORDS_SET));
        }
    },
    GERMAN {
        @Override
        TokenStream terms(TokenStream words) {
            TokenStream terms = withoutStopWords(words, GermanAnalyzer.getDefaultStopSet());
            return new ICUFoldingFilter(new GermanLightStemFilter(new GermanNormalizationFilter(terms)));
        }
    },
    FRENCH {
        @Override
        TokenStream terms(TokenStream words) {
            TokenStream whole = new ElisionFilter(words, FrenchAnalyzer.DEFAULT_ARTICLES);
            return new ICUFoldingFilter(
                    new FrenchLightStemFilter(withoutStopWords(whole, FrenchAnalyzer.getDefaultStopSet())));
        }
    },
    SPANISH {
        @Override
        TokenStream terms(TokenStream words) {
            return new ICUFoldingFilter(
                    new SpanishLightStemFilter(withoutStopWords(words, SpanishAnalyzer.getDefaultStopSet())));
        }
    },
    /** Words as they are, for collections of many languages. */
    PLAIN {
        @Override
        TokenStream terms(TokenStream words) {
            return new ICUFoldingFilter(words);
        }
    };

    abstract TokenStream terms(TokenStream words);

    private static TokenStream withoutStopWords(TokenStream words, CharArraySet stopWords) {
        return new StopFilter(new LowerCaseFilter(words), stopWords);
    }

    /** As settings and the database have it. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<TextAnalysis> ofCode(String code) {
        return Arrays.stream(values())
                .filter(analysis -> analysis.code().equals(code))
                .findFirst();
    }

    Analyzer analyzer() {
        return new Analyzer() {
            @Override
            protected TokenStreamComponents createComponents(String fieldName) {
                ICUTokenizer words = new ICUTokenizer();
                return new TokenStreamComponents(words, terms(words));
            }
        };
    }
}
