package io.knowledgebase.vectorizer;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.icu.ICUFoldingFilter;
import org.apache.lucene.analysis.icu.segmentation.ICUTokenizer;

/** Segments and folds every script by Unicode's rules, then stems what is left by those of English. */
final class EnglishOverUnicode extends Analyzer {

    @Override
    protected TokenStreamComponents createComponents(String fieldName) {
        ICUTokenizer words = new ICUTokenizer();
        TokenStream terms = new ICUFoldingFilter(words);
        terms = new EnglishPossessiveFilter(terms);
        terms = new StopFilter(terms, EnglishAnalyzer.ENGLISH_STOP_WORDS_SET);
        terms = new PorterStemFilter(terms);
        return new TokenStreamComponents(words, terms);
    }
}
